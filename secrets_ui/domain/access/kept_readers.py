"""Who could do what with a secret at the last look, and what had changed: kept without documents.

A look that lacked an answer of AWS changes nothing that is kept. What cannot be told of one
principal alone leaves what was known of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from ..secrets.dates import as_moment
from .answers import Row, WhoCan
from .reach import Ability


@dataclass(frozen=True)
class Right:
    """One ability of one principal: the statements that decide, none where it cannot be told."""

    by: tuple[str, ...]
    is_told: bool = True


Rights = Mapping[str, Right]
"""By ability."""


@dataclass(frozen=True)
class ReaderChange:
    """What a principal can do since one look, or cannot any more: `at` is that look's time, and
    `after` that of the look before, RFC 3339. `by` are the statements, of a loss those that were.
    """

    at: str
    after: str
    principal: str
    is_gain: bool
    abilities: tuple[str, ...]
    by: tuple[str, ...]
    is_expected: bool = False

    @property
    def name(self) -> str:
        """Without the account, for an ARN of this one or another."""
        is_arn = self.principal.startswith("arn:")
        return self.principal.split(":", 5)[5] if is_arn else self.principal

    def describe(self, secret: str) -> str:
        can = "can" if self.is_gain else "cannot"
        acts = " and ".join(_ACTS[Ability(ability)].format(secret) for ability in self.abilities)
        by = f", by {'; '.join(self.by)}" if self.is_gain and self.by else ""
        more = "" if self.is_gain else " any more"
        return f"{self.name} {can} {acts}{more} since {as_moment(self.at)}{by}."


_ACTS = {
    Ability.READ: "read {}",
    Ability.PUT: "write a value of {}",
    Ability.DELETE: "delete {}",
    Ability.CHANGE_POLICY: "change who can read {}",
}


@dataclass(frozen=True)
class KeptReaders:
    """`at` is when the last whole look was, RFC 3339, "" before the first. `rights` are of whoever
    can do something, or of whom that cannot be told. `gaps` say what the last look of all lacked.
    """

    at: str = ""
    rights: Mapping[str, Rights] = field(default_factory=dict)
    changes: tuple[ReaderChange, ...] = ()
    gaps: tuple[str, ...] = ()

    def standing(self) -> list[ReaderChange]:
        """What somebody gained who was not expected, and has had since; the latest first."""
        found, later = list[ReaderChange](), set[tuple[str, str]]()
        for change in reversed(self.changes):
            lasting = tuple(a for a in change.abilities if (change.principal, a) not in later)
            later |= {(change.principal, ability) for ability in change.abilities}
            if change.is_gain and not change.is_expected and lasting:
                by = self.rights[change.principal][lasting[0]].by
                found.append(replace(change, abilities=lasting, by=by))
        return found

    def to_json(self) -> dict[str, Any]:
        """Rights that cannot be told are null."""
        rights = {
            principal: {a: list(right.by) if right.is_told else None for a, right in found.items()}
            for principal, found in self.rights.items()
        }
        changes = [asdict(change) for change in self.changes]
        return {"at": self.at, "rights": rights, "changes": changes, "gaps": list(self.gaps)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KeptReaders:
        rights = {
            principal: {a: Right(tuple(by or ()), by is not None) for a, by in found.items()}
            for principal, found in data.get("rights", {}).items()
        }
        changes = tuple([_change(entry) for entry in data.get("changes", [])])
        return cls(data.get("at", ""), rights, changes, tuple(data.get("gaps", ())))


def _change(entry: Mapping[str, Any]) -> ReaderChange:
    lists = {name: tuple(entry[name]) for name in ("abilities", "by")}
    return ReaderChange(**{**entry, **lists})


def follow(before: KeptReaders, found: WhoCan, forget_before: str) -> KeptReaders:
    """What to keep after a look. The first whole one has nothing to be compared with.

    Changes of earlier than `forget_before`, RFC 3339, are dropped.
    """
    if found.gaps:
        return replace(before, gaps=found.gaps)
    at = found.read_at.isoformat(timespec="seconds")
    rows = {row.title: row for row in found.rows}
    rights = {title: _rights(row, before.rights.get(title, {})) for title, row in rows.items()}
    kept = {title: of for title, of in rights.items() if of}
    news = _changes(before, kept, at, rows) if before.at else ()
    old = [change for change in before.changes if change.at >= forget_before]
    return KeptReaders(at, kept, (*old, *news))


def _rights(row: Row, before: Rights) -> dict[str, Right]:
    found = {}
    for ability, verdict in row.verdicts.items():
        if verdict.can:
            found[ability.value] = Right(verdict.by)
        elif verdict.can is None:
            found[ability.value] = before.get(ability.value, Right((), is_told=False))
    return found


def _changes(
    before: KeptReaders, now: Mapping[str, Rights], at: str, rows: Mapping[str, Row]
) -> Iterator[ReaderChange]:
    for title in sorted({*before.rights, *now}):
        change = partial(ReaderChange, at, before.at, title)
        is_expected = title in rows and rows[title].is_expected
        yield from _compare(before.rights.get(title, {}), now.get(title, {}), change, is_expected)


def _compare(
    was: Rights, now: Rights, change: Callable[..., ReaderChange], is_expected: bool
) -> Iterator[ReaderChange]:
    for is_gain, here, there in ((True, now, was), (False, was, now)):
        abilities = [a for a in here if here[a].is_told and not _holds(there, a)]
        if abilities:
            by = here[abilities[0]].by
            yield change(is_gain, tuple(abilities), by, is_expected)


def _holds(rights: Rights, ability: str) -> bool:
    return ability in rights and rights[ability].is_told
