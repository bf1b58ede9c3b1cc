"""Reads the audit log: filtered pages, one record with its neighbours."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from ...domain.audit.actions import OPEN, Outcome, Phase, describe
from ...models import AuditEntry, AuditRecord
from .choosing import choose
from .index import digest

# Rows of one page.
ROWS = 50


@dataclass(frozen=True)
class Entry:
    """One line of the log: an event, or an intent with the outcome that ended it, None while it is
    open."""

    record: AuditRecord
    ended: AuditRecord | None

    @property
    def outcome(self) -> str:
        if self.record.phase == Phase.EVENT:
            return self.record.outcome
        return self.ended.outcome if self.ended else OPEN

    @property
    def what(self) -> str:
        """The act in words."""
        return describe(self.record.action, self.record.parsed_details.get("why"))

    @property
    def about(self) -> str:
        """What it was about beside a secret: somebody else's account and role, or a right; ""
        where it was about nothing of these."""
        parts = [self.details.get(part) for part in ("account", "role", "action")]
        return ": ".join(str(part) for part in parts if part and part != self.record.actor)

    @property
    def why_not(self) -> str:
        """Why it did not take effect, as it was recorded; "" where it did or nothing is said."""
        last = self.ended or self.record
        is_told = last.phase != Phase.INTENT and last.outcome != Outcome.DONE
        return str(last.parsed_details.get("why", "")) if is_told else ""

    @property
    def keys(self) -> list[str]:
        return list(json.loads(self.record.keys))

    @property
    def request_ids(self) -> list[str]:
        return [
            *json.loads(self.record.request_ids),
            *(json.loads(self.ended.request_ids) if self.ended else []),
        ]

    @property
    def details(self) -> dict[str, Any]:
        return {**self.record.parsed_details, **(self.ended.parsed_details if self.ended else {})}

    @property
    def version_id(self) -> str:
        return self.record.version_id or (self.ended.version_id if self.ended else "")


@dataclass(frozen=True)
class Page:
    """`older` is `below` of the next page, 0 at the end."""

    entries: tuple[Entry, ...]
    older: int


def search(filters: Mapping[str, str], visible: Iterable[str], *, below: int = 0) -> Page:
    """One page of what choosing.choose chooses, newest first.

    A page starts below a sequence number, so that new records do not shift it.
    """
    lines = choose(filters, visible)
    if below:
        lines = lines.filter(sequence__lt=below)
    found = list(lines.order_by("-sequence").values_list("sequence", flat=True)[: ROWS + 1])
    older = found[ROWS - 1] if len(found) > ROWS else 0
    records = AuditRecord.objects.filter(sequence__in=found[:ROWS]).order_by("-sequence")
    return Page(tuple(with_outcomes(list(records))), older)


def with_outcomes(records: list[AuditRecord]) -> Iterator[Entry]:
    """Events and intents as lines of the log, in the same order. One query."""
    intents = [str(record.sequence) for record in records if record.phase == Phase.INTENT]
    # Of two outcomes the last counts.
    ended = {
        r.intent: r
        for r in AuditRecord.objects.filter(phase=Phase.OUTCOME, intent__in=intents).order_by(
            "sequence"
        )
    }
    return (Entry(record, ended.get(str(record.sequence))) for record in records)


@dataclass(frozen=True)
class OneRecord:
    """A record with its neighbours in the chain. `intent` is what an outcome ended."""

    entry: Entry
    intent: AuditRecord | None
    previous: AuditRecord | None
    next: AuditRecord | None

    @property
    def what(self) -> str:
        """The act in words; of an outcome what was intended."""
        return Entry(self.intent, None).what if self.intent else self.entry.what


def open_record(sequence: int, visible: Iterable[str]) -> OneRecord | None:
    """One record with its neighbours; None when there is none, or none that this person may see."""
    near = {
        r.sequence: r
        for r in AuditRecord.objects.filter(sequence__range=(sequence - 1, sequence + 1))
    }
    record = near.get(sequence)
    if record is None or record.environment not in (*visible, ""):
        return None
    intent = (
        AuditRecord.objects.filter(sequence=int(record.intent)).first() if record.intent else None
    )
    entry = next(iter(with_outcomes([record])))
    return OneRecord(entry, intent, near.get(sequence - 1), near.get(sequence + 1))


def find_open(before: str) -> QuerySet[AuditRecord]:
    """Intents without an outcome, oldest first, that are not younger than a time."""
    return find_ended(OPEN).filter(at__lte=before).order_by("sequence")


def find_ended(outcome: str) -> QuerySet[AuditRecord]:
    """Events and intents that ended so, by the last outcome of each."""
    lines = AuditEntry.objects.filter(outcome__digest=digest("outcome", outcome))
    return AuditRecord.objects.filter(sequence__in=lines.values("sequence"))


def own_act(sequence: int, actor: str) -> AuditRecord | None:
    """The record of something that this person did, which took effect: the event, or the intent."""
    found = AuditRecord.objects.filter(sequence=sequence, actor=actor).first()
    if found is None or found.phase == Phase.OUTCOME:
        return None
    [entry] = with_outcomes([found])
    return found if entry.outcome == Outcome.DONE else None
