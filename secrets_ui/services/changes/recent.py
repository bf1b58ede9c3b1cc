"""The last changes of an environment's secrets, those made outside the console among them.

From the audit log and from what the status pass keeps: no AWS call.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast

from ...domain.audit.actions import CHANGES, DECISIONS, Action, Outcome
from ...domain.audit.moments import stored_ago
from ...domain.environment import Environment
from ...domain.people.actor import CONSOLE, Actor
from ...domain.status.outside_changes import OutsideChange
from ...models import AuditRecord, AuditRecords, StatusSnapshot
from .. import audit
from .proposals import reached

# Changes of a page; as many again may have been made outside the console.
ROWS = 50
# Proposals of one's own whose end is told: so many, made lately.
TOLD, LATELY = 5, timedelta(days=60)


@dataclass(frozen=True)
class RecentChange:
    """`by` is "" where nobody knows who it was, or where the console did it by itself.

    `record` is the sequence of the intent, 0 for a change made outside the console; `text` then
    says what was seen, and of an emergency change whether somebody has looked at it. `secret` is ""
    where that is about no secret that is there.
    """

    at: datetime
    secret: str
    what: str
    by: str
    reason: str = ""
    keys: tuple[str, ...] = ()
    proposed_by: str = ""
    record: int = 0
    text: str = ""

    @property
    def day(self) -> date:
        """In UTC, as all times of the console."""
        return self.at.date()


@dataclass(frozen=True)
class RecentPage:
    """`older` is `below` of the next page, 0 at the end. `left_out` counts changes made outside
    that had no room."""

    changes: tuple[RecentChange, ...]
    older: int
    left_out: int


def recent_changes(
    environment: Environment,
    reach: Sequence[str],
    is_visible: Callable[[str], bool],
    *,
    below: int = 0,
) -> RecentPage:
    """One page, newest first, in two queries.

    `reach` are the prefixes of names that the person may see, empty for all; `is_visible` has the
    last word. A page starts below a sequence, so that new records do not shift it.
    """
    records = _done(environment).filter(reached(environment, reach))
    if below:
        records = records.filter(sequence__lt=below)
    found = list(records.order_by("-sequence")[: ROWS + 1])
    page, rest = found[:ROWS], found[ROWS:]
    # What was made outside stands on the page whose time it falls into.
    since = rest[0].at if rest else ""
    until = page[0].at if page and below else ""
    outside = [] if below and not page else _outside(environment, reach, since, until)
    shown = [change for change in outside if is_visible(change.secret) or not change.secret]
    own = [record for record in page if is_visible(record.secret)]
    looks = _looks(own)
    changes = [replace(change_of(r), text=looks.get(r.sequence, "")) for r in own] + shown[:ROWS]
    changes.sort(key=lambda change: change.at, reverse=True)
    older = page[-1].sequence if rest else 0
    return RecentPage(tuple(changes), older, max(0, len(shown) - ROWS))


def changes_by(actor: Actor, intents: Sequence[int]) -> list[tuple[str, RecentChange]]:
    """What became of the person's own changes with these records: the environment, and the change.
    One query."""
    if not intents:
        return []
    mine = AuditRecord.objects.filter(intent__in=map(str, intents), actor=actor.name)
    done = changes_in(mine).order_by("sequence")
    return [(record.environment, change_of(record)) for record in done]


def _looks(records: Sequence[AuditRecord]) -> dict[int, str]:
    """By sequence, what became of the emergency changes among them. No query where none is."""
    made = {r.sequence: r.version_id for r in records if r.action == Action.EMERGENCY}
    if not made:
        return {}
    looked = AuditRecord.objects.filter(
        version_id__in=made.values(), action=Action.LOOK_AT_EMERGENCY, outcome=Outcome.DONE
    )
    by = dict(looked.values_list("version_id", "actor"))
    nobody = "No second person has looked at it."
    return {
        sequence: f"Looked at by {by[version]}." if version in by else nobody
        for sequence, version in made.items()
    }


def _done(environment: Environment) -> QuerySet[AuditRecord]:
    """What took effect, with the details of its intent. The index `audit_done` is of these."""
    return changes_in(AuditRecord.objects.filter(environment=environment.name))


def changes_in(records: AuditRecords) -> QuerySet[AuditRecord]:
    """Those that are of changes that took effect, for `change_of`."""
    intent = AuditRecord.objects.filter(sequence=Cast(OuterRef("intent"), BigIntegerField()))
    done = records.done_once().filter(action__in=CHANGES)
    return done.annotate(intended=Subquery(intent.values("details")))


def change_of(record: AuditRecord) -> RecentChange:
    """A record of `changes_in`."""
    # Version 0.1.0 told who had proposed with the outcome.
    intended = json.loads(record.intended or "{}")  # type: ignore[attr-defined]
    proposed_by = (intended | record.parsed_details).get("proposed_by", "")
    return RecentChange(
        at=datetime.fromisoformat(record.at),
        secret=record.secret,
        what=_what(record, proposed_by, intended),
        by="" if record.actor == CONSOLE.name else record.actor,
        reason=record.reason,
        keys=tuple(audit.texts(record.keys)),
        proposed_by=proposed_by,
        record=int(record.intent),
    )


_WORDS = {
    Action.SAVE: "Saved",
    Action.PROPOSE: "Proposed",
    Action.APPROVE: "Approved",
    Action.CREATE: "Created",
    Action.EMERGENCY: "Emergency change",
}


# By the intent's detail that says what the value was taken from.
_TAKEN = (
    ("restored", "Proposed a restore", "Restored"),
    ("copied_from", "Proposed a copy", "Copied"),
)


def _what(record: AuditRecord, proposed_by: str, intended: Mapping[str, object]) -> str:
    if record.action == Action.REJECT:
        return _rejected(record.actor, proposed_by)
    for detail, proposed, done in _TAKEN:
        if detail in intended:
            return proposed if record.action == Action.PROPOSE else done
    action = Action(record.action)
    return _WORDS.get(action, action.words)


def _rejected(by: str, proposed_by: str) -> str:
    if by == CONSOLE.name:
        return "Ended undecided"
    return "Taken back" if by == proposed_by else "Rejected"


def _outside(
    environment: Environment, reach: Sequence[str], since: str, until: str
) -> list[RecentChange]:
    """Newest first; `since` and `until` are times as records have them, "" for no limit."""
    # Only rows that hold a change are read: a pass keeps one for each secret.
    kept = StatusSnapshot.objects.filter(
        environment=environment.name, remembered__contains='"changes": [{'
    ).filter(reached(environment, reach))
    rows = kept.values_list("secret", "remembered")
    found = [
        RecentChange(
            datetime.fromisoformat(change.at),
            secret,
            "Changed outside this console",
            change.by,
            text=change.text,
        )
        for secret, remembered in rows
        for change in map(OutsideChange.from_json, json.loads(remembered)["changes"])
    ]
    first = datetime.fromisoformat(since) if since else None
    last = datetime.fromisoformat(until) if until else None
    inside = [c for c in found if (not first or c.at >= first) and (not last or c.at < last)]
    return sorted(inside, key=lambda change: change.at, reverse=True)


def ends_of_proposals(environment: Environment, actor: Actor) -> list[RecentChange]:
    """What others made of the person's last proposals, newest first. Two queries."""
    mine = AuditRecord.objects.done().filter(
        at__gte=stored_ago(LATELY),
        actor=actor.name,
        environment=environment.name,
        action=Action.PROPOSE,
    )
    versions = list(mine.order_by("-sequence").values_list("version_id", flat=True)[:TOLD])
    ends = _done(environment).filter(version_id__in=versions, action__in=DECISIONS)
    return [change_of(record) for record in ends.exclude(actor=actor.name).order_by("-sequence")]
