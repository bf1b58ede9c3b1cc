"""The data of the status page: environments, rows and troubles.

Pages, JSON and metrics are made of the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...checks.status import NEXT, TITLES
from ...domain.access.finding import Status
from ...domain.environment import Environment
from ...domain.status.history import Day, in_words
from ...domain.status.status import EnvironmentStatus, Headline, StatusFinding


def title_of(check: str) -> str:
    """The title of a status check; "" where it is not one, but a check of the access path."""
    return TITLES.get(check, "")


def next_step_of(finding: StatusFinding) -> str:
    """What a person does about a finding of a secret."""
    if finding.status == "unknown":
        return "What could not be asked then is asked again at the next check."
    return NEXT.get(finding.check, NEXT["lambda_can_read"])


@dataclass(frozen=True)
class Trouble:
    """One finding that fails or is unknown, with all secrets that it is about.

    "" among them is the environment, or the audit log itself. `owners` and `runbooks` are of all of
    them, each once.
    """

    environment: str
    finding: StatusFinding
    secrets: tuple[str, ...]
    owners: tuple[str, ...] = ()
    runbooks: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        return self.secrets[0]

    @property
    def more(self) -> int:
        return len(self.secrets) - 1


@dataclass(frozen=True)
class StatusRow:
    """One secret ("" is its environment) with all that is kept of it."""

    secret: str
    status: Status
    at: datetime
    is_stale: bool
    findings: tuple[StatusFinding, ...]

    @property
    def proofs(self) -> list[str]:
        """What proved it: in order, each once."""
        return list(dict.fromkeys(f.proof for f in self.findings if f.proof and not f.is_unchecked))

    @property
    def proved(self) -> list[StatusFinding]:
        return [f for f in self.findings if not (f.is_unchecked or f.acknowledged_by)]

    @property
    def unchecked(self) -> list[StatusFinding]:
        return [finding for finding in self.findings if finding.is_unchecked]

    @property
    def troubles(self) -> list[StatusFinding]:
        return [finding for finding in self.findings if finding.is_trouble]

    @property
    def acknowledged(self) -> list[StatusFinding]:
        return [finding for finding in self.findings if finding.acknowledged_by]


@dataclass(frozen=True)
class EnvironmentSummary:
    """One environment on the page: its status, its rows by status, its history."""

    environment: Environment
    current: EnvironmentStatus
    counts: Mapping[Status, int]
    days: tuple[Day, ...]

    @property
    def secrets(self) -> int:
        return sum(self.counts.values())

    @property
    def history(self) -> str:
        return in_words(self.days)


@dataclass(frozen=True)
class Runner:
    """`is_alive`: one goes on by itself; `alive_at` is its last sign, None where there was none.

    `is_wanted`: a pass was asked for and has not begun; `is_running` one is under way.
    """

    is_alive: bool
    every: int
    is_wanted: bool
    is_running: bool
    ended_at: datetime | None
    took: Mapping[str, Any]
    alive_at: datetime | None = None


@dataclass(frozen=True)
class StatusBoard:
    """The whole status page.

    `record` is the row of the audit log, which is of no environment.
    """

    headline: Headline
    environments: tuple[EnvironmentSummary, ...]
    troubles: tuple[Trouble, ...]
    unchecked: tuple[Trouble, ...]
    record: StatusRow | None
    runner: Runner
    now: datetime
