"""The table of who can do what with a secret, and what a reader of it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .reach import Ability, Verdict


class Kind(StrEnum):
    OUTSIDE = "outside"
    ROLE = "role"
    USER = "user"
    UNLISTED = "unlisted"
    """Of this account, and in no list: a federated user, or anybody while IAM gave no list."""


class Show(StrEnum):
    """Which rows to show."""

    CAN = "can"
    UNEXPECTED = "unexpected"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Row:
    """What one principal can do. `title` is an ARN, or who is meant in words.

    `is_expected`: it is among the readers that the environment names. `trusted` says who may
    assume the role.
    """

    kind: Kind
    title: str
    account: str
    is_expected: bool
    verdicts: Mapping[Ability, Verdict]
    trusted: tuple[str, ...] = ()
    last_used: datetime | None = None

    @property
    def name(self) -> str:
        """Without the account, for an ARN."""
        return self.title.split(":", 5)[5] if self.title.startswith("arn:") else self.title

    @property
    def read(self) -> Verdict:
        return self.verdicts[Ability.READ]

    def is_unexpected(self, ability: Ability = Ability.READ) -> bool:
        """Whether it can, and nobody expects it."""
        return bool(self.verdicts[ability].can) and not self.is_expected


@dataclass(frozen=True)
class WhoCan:
    """Everybody's answer: outsiders first, then whoever is not expected, readers before others.

    `gaps` says what could not be read, and so what answers are missing; `control` whether SCPs and
    RCPs are part of the answers. `services` are AWS's own
    that the secret's policy lets read; they are not evaluated. `others` is how many are left out of
    the rows, since they can do nothing. Of the `calls`, AWS refused or did not answer
    `failed_calls`.
    """

    environment: str
    secret: str
    read_at: datetime
    rows: tuple[Row, ...]
    services: tuple[str, ...]
    gaps: tuple[str, ...]
    control: str
    calls: int = 0
    others: int = 0
    failed_calls: int = 0

    @property
    def total(self) -> int:
        return len(self.rows) + self.others

    def without_others(self) -> WhoCan:
        """With rows of those alone who can do something, or of whom that may be."""
        rows = tuple([row for row in self.rows if any(_may(row, ability) for ability in Ability)])
        return replace(self, rows=rows, others=self.total - len(rows))

    def matching(self, show: Show, ability: Ability, text: str = "") -> list[Row]:
        """The rows to show, of those whose title holds the text."""
        found = [row for row in self.rows if text.casefold() in row.title.casefold()]
        if show is Show.UNEXPECTED:
            return [row for row in found if not row.is_expected and _may(row, ability)]
        return [row for row in found if show is Show.ALL or _may(row, ability)]

    def can(self, ability: Ability) -> list[Row]:
        return [row for row in self.rows if row.verdicts[ability].can]

    def unexpected(self, ability: Ability) -> list[Row]:
        return [row for row in self.rows if row.is_unexpected(ability)]

    def untold(self, ability: Ability) -> list[Row]:
        return [row for row in self.rows if row.verdicts[ability].can is None]

    def is_whole(self, ability: Ability) -> bool:
        """Whether nothing was missing that the answers could depend on."""
        return not self.gaps and not self.untold(ability)


def _may(row: Row, ability: Ability) -> bool:
    """Whether it can, or that cannot be told, or a policy names it though it is not of here."""
    return row.verdicts[ability].can is not False or row.kind is Kind.OUTSIDE
