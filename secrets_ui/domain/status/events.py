"""Events: a finding that appears, changes its status or goes.

Told once, with an end notice; what hits many secrets at once is one event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from ..access.finding import Status
from ..errors.wording import plural
from .status import StatusFinding, join, owners_of, runbooks_of
from .words import STATUS_WORDS

Kind = Literal["began", "changed", "ended"]
NAMED = 20  # secrets that one event names; it counts the others
_SAID = 3  # owners and runbooks in its sentences
_MARKS: Mapping[Kind, str] = {
    "began": ":red_circle:",
    "changed": ":large_orange_circle:",
    "ended": ":white_check_mark:",
}


@dataclass(frozen=True)
class Change:
    """One finding of one secret ("" is the environment itself) that began, changed or ended."""

    kind: Kind
    secret: str
    finding: StatusFinding


@dataclass(frozen=True)
class Event:
    """A change of findings, as it is sent.

    `secrets` are names in order, "" for the environment itself. `text` is the finding's of the
    first. `owners` and `runbooks` are of all of them, each once.
    """

    kind: Kind
    environment: str
    check: str
    about: str
    status: Status
    text: str
    secrets: tuple[str, ...]
    since: str
    at: str
    owners: tuple[str, ...] = ()
    runbooks: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """An emoji of Slack's."""
        return _MARKS[self.kind]

    @property
    def title(self) -> str:
        """One line, for a chat or a subject."""
        where = self.environment or "the audit log"
        state = STATUS_WORDS[self.status].event
        word = {
            "began": f"New {state}",
            "changed": f"Now a {state}" if self.status in ("fail", "warn") else f"Now {state}",
            "ended": "Ended",
        }[self.kind]
        return f"{word} in {where}: {self.check.replace('_', ' ')}{self._count()}"

    def _count(self) -> str:
        return f" ({plural(len(self.secrets), 'secret')})" if len(self.secrets) > 1 else ""

    def describe(self) -> str:
        """In full sentences. The statement of an event that ended was true until now."""
        more = ""
        if len(self.secrets) > 1:
            others = " and others" if len(self.secrets) > 4 else ""
            more = f" The same holds for {join(self.secrets[1:4])}{others}."
        if self.kind == "ended":
            return f"It was: {self.text}{more}"
        return f"{self.text}{more}{whom_to_ask(self.owners, self.runbooks)}"

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "environment": self.environment,
            "check": self.check,
            "about": self.about,
            "status": self.status,
            "text": self.text,
            "secrets": [name for name in self.secrets if name][:NAMED],
            "count": len(self.secrets),
            "owners": list(self.owners[:NAMED]),
            "runbooks": list(self.runbooks[:NAMED]),
            "since": self.since,
            "at": self.at,
        }


def whom_to_ask(owners: Sequence[str], runbooks: Sequence[str]) -> str:
    """Sentences to add to trouble: who looks after it, and what they do. "" names nobody."""
    owners, runbooks = list(filter(None, owners)), list(filter(None, runbooks))
    parts = (
        f" Owner: {join(owners[:_SAID])}." if owners else "",
        # Nothing stands right behind an address, or a reader's program takes it for its end.
        f" Runbook: {' '.join(runbooks[:_SAID])}" if runbooks else "",
    )
    return "".join(parts)


def follow(
    old: Iterable[StatusFinding], new: Iterable[StatusFinding], secret: str, at: datetime
) -> tuple[tuple[StatusFinding, ...], list[Change]]:
    """The new findings with the memory of the old ones, and the changes to send.

    An unknown is sent when a second pass finds it too, since one lost answer is no event.
    """
    now, before = at.isoformat(timespec="seconds"), {finding.identity: finding for finding in old}
    kept, changes = [], []
    for finding in new:
        was = before.pop(finding.identity, None)
        is_same = was is not None and was.is_trouble and finding.is_trouble
        finding = replace(
            finding, since=was.since if was and (is_same or was.status == finding.status) else now
        )
        was_sent = bool(was and was.is_told)
        if finding.is_trouble:
            is_settled = finding.status != "unknown" or (
                was is not None and was.status == "unknown"
            )
            if not was_sent and is_settled:
                changes.append(Change("began", secret, finding))
            elif was_sent and was and was.status != finding.status and is_settled:
                changes.append(Change("changed", secret, finding))
            finding = replace(finding, is_told=was_sent or is_settled)
        elif was_sent and was:
            changes.append(Change("ended", secret, was))
        kept.append(finding)
    changes += [Change("ended", secret, was) for was in before.values() if was.is_told]
    return tuple(kept), changes


def events_of(environment: str, changes: Iterable[Change], at: datetime) -> tuple[Event, ...]:
    """One event for each (kind, check, about, status), whatever the order of the changes."""
    groups: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        f = change.finding
        groups.setdefault((change.kind, f.check, f.about, f.status), []).append(change)
    return tuple(
        _event(environment, sorted(group, key=lambda c: c.secret), at)
        for _, group in sorted(groups.items())
    )


def _event(environment: str, group: list[Change], at: datetime) -> Event:
    first, findings = group[0].finding, [change.finding for change in group]
    return Event(
        kind=group[0].kind,
        environment=environment,
        check=first.check,
        about=first.about,
        status=first.status,
        text=first.text,
        secrets=tuple(change.secret for change in group),
        since=min(finding.since for finding in findings),
        at=at.isoformat(timespec="seconds"),
        owners=owners_of(findings),
        runbooks=runbooks_of(findings),
    )
