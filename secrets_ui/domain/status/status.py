"""The status of environments and secrets: a pure function of findings and their age.

Order never matters, and unknown is never healthy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from ..access.finding import WORST_FIRST, Status, Weight
from ..errors.wording import plural

Page = Literal["secret", "troubleshoot", "secrets", "changes", "audit", "status", "usage", "reads"]
TROUBLE: tuple[Status, ...] = ("fail", "unknown", "warn")
_RANK = {status: rank for rank, status in enumerate(WORST_FIRST)}


@dataclass(frozen=True)
class StatusFinding:
    """What one check says of a secret, or of its environment.

    `about` tells apart what one check says of several things: a key, an alarm. `proof` is what was
    asked of AWS or of the database. `page` explains it, at `anchor`. `since` is RFC 3339, set where
    it is kept; `is_told` remembers that it was sent out as an event. One that somebody has
    acknowledged (`acknowledged_at` is RFC 3339) is no trouble any more. `owner` and `runbook` are
    those of the key or secret in trouble.
    """

    check: str
    status: Status
    text: str
    about: str = ""
    proof: str = ""
    page: Page = "secret"
    anchor: str = ""
    weight: Weight = "decides"
    since: str = ""
    is_told: bool = False
    acknowledged_by: str = ""
    acknowledged_at: str = ""
    acknowledged_why: str = ""
    owner: str = ""
    runbook: str = ""

    @property
    def key(self) -> str:
        """Names it among those of its secret, in a form."""
        return hashlib.sha256("\n".join(self.identity).encode()).hexdigest()[:32]

    @property
    def identity(self) -> tuple[str, str]:
        return self.check, self.about

    @property
    def counts(self) -> bool:
        """False for what was skipped or acknowledged, and for a second opinion that could not be
        had."""
        return not (
            self.status == "skipped"
            or self.acknowledged_by
            or (self.status, self.weight) == ("unknown", "second opinion")
        )

    @property
    def is_trouble(self) -> bool:
        return self.counts and self.status in TROUBLE

    @property
    def is_unchecked(self) -> bool:
        return self.status in ("unknown", "skipped")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StatusFinding:
        return cls(**data)


def status_of(findings: Iterable[StatusFinding]) -> Status:
    """The worst that counts. Nothing that counts is nothing that was looked at: unknown."""
    counted = {finding.status for finding in findings if finding.counts}
    return next((status for status in WORST_FIRST if status in counted), "unknown")


def owners_of(findings: Iterable[StatusFinding]) -> tuple[str, ...]:
    """In order, each once."""
    return tuple(dict.fromkeys(finding.owner for finding in findings if finding.owner))


def runbooks_of(findings: Iterable[StatusFinding]) -> tuple[str, ...]:
    """In order, each once."""
    return tuple(dict.fromkeys(finding.runbook for finding in findings if finding.runbook))


def worst(statuses: Iterable[Status]) -> Status:
    """Of several things; unknown where there is none."""
    return min(statuses, key=_RANK.__getitem__, default="unknown")


def in_order(findings: Iterable[StatusFinding]) -> tuple[StatusFinding, ...]:
    """Worst first, then by name, so that the same findings always have the same order."""
    return tuple(
        sorted(findings, key=lambda f: (not f.counts, _RANK[f.status], f.check, f.about, f.text))
    )


def shown_status(
    status: Status, at: datetime | None, now: datetime, stale_after: timedelta
) -> Status:
    """What a kept result is worth now.

    An old failure is still the last that is known; anything else that is old is unknown.
    """
    if at is not None and now - at <= stale_after:
        return status
    return "fail" if status == "fail" else "unknown"


@dataclass(frozen=True)
class EnvironmentStatus:
    """The status of one environment now.

    `at` is when the oldest of its results was had, None where there is none; `troubles` is the
    number of findings that count, by status; `since` the begin of the oldest trouble of the worst
    status, RFC 3339 or "".
    """

    name: str
    status: Status
    at: datetime | None
    is_stale: bool
    troubles: Mapping[Status, int]
    since: str = ""
    why: str = ""


@dataclass(frozen=True)
class Headline:
    status: Status
    text: str


def headline(environments: Sequence[EnvironmentStatus], now: datetime) -> Headline:
    """One sentence that a tired person reads first."""
    if not environments:
        return Headline("unknown", "Unknown: there is no environment to check")
    status = worst(environment.status for environment in environments)
    concerned = [environment for environment in environments if environment.status == status]
    names, is_one = join([environment.name for environment in concerned]), len(concerned) == 1
    number = sum(environment.troubles.get(status, 0) for environment in concerned)
    since = min((environment.since for environment in concerned if environment.since), default="")
    if status == "fail":
        verb = "is" if is_one else "are"
        reasons = f"{plural(number, 'failure')}{_since(since, now)}" if number else "it failed last"
        return Headline(status, f"{names} {verb} not healthy: {reasons}")
    if status == "unknown":
        why = next((environment.why for environment in concerned if environment.why), "")
        return Headline(
            status, f"Unknown: {why}" if is_one and why else f"Unknown: {_unseen(names, number)}"
        )
    if status == "warn":
        return Headline(status, f"Nothing fails; {plural(number, 'warning')} in {names}")
    oldest = min((environment.at for environment in environments if environment.at), default=None)
    age = f", checked {age_text(now - oldest)}" if oldest else ""
    return Headline("pass", f"{_all(environments)}{age}")


def _unseen(names: str, number: int) -> str:
    return (
        f"{plural(number, 'thing')} could not be checked in {names}"
        if number
        else f"{names} could not be checked"
    )


_NUMBERS = ("", "", "Both", "All three", "All four", "All five")


def _all(environments: Sequence[EnvironmentStatus]) -> str:
    count = len(environments)
    if count == 1:
        return f"{environments[0].name} is healthy"
    word = _NUMBERS[count] if count < len(_NUMBERS) else f"All {count}"
    return f"{word} environments are healthy"


def _since(since: str, now: datetime) -> str:
    """`since 02:14`, with the day where that was not today."""
    if not since:
        return ""
    moment = datetime.fromisoformat(since)
    day = "" if moment.date() == now.date() else f"{moment.day} {moment:%b} "
    return f" since {day}{moment:%H:%M}"


def age_text(age: timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    if seconds < 100:
        return f"{seconds} s ago"
    if seconds < 100 * 60:
        return f"{seconds // 60} min ago"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} hours ago"
    return f"{seconds // 86400} days ago"


def join(names: Sequence[str]) -> str:
    """`dev, staging and prod`"""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
