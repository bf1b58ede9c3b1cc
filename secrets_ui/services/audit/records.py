"""Reads the audit log: filtered pages, one record with its neighbours, streamed exports."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast

from ...domain.audit.actions import OPEN, Outcome, Phase, describe
from ...domain.texts import encodable, storable
from ...models import AuditRecord
from .new_record import as_stored

BYTE_ORDER_MARK = "\ufeff"
# Rows of one page.
ROWS = 50
# Where a spreadsheet would find the start of a formula: https://owasp.org/www-community/attacks/CSV_Injection
# Japanese spreadsheets take the full-width signs as well. Where the separator is `;`, or a tab,
# quotes around the whole cell do not count, and a new cell begins inside.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[ \t]*[-=+@＝＋－＠]|[\t\r\n])")
COLUMNS = (
    "sequence", "at", "phase", "action", "outcome", "actor", "address", "environment", "secret",
    "version_id", "base_version_id", "keys", "reason", "request_ids", "intent", "details", "hash",
)  # fmt: skip


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
        return describe(self.record.action, json.loads(self.record.details).get("why"))

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
        return str(json.loads(last.details).get("why", "")) if is_told else ""

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
        return {
            **json.loads(self.record.details),
            **(json.loads(self.ended.details) if self.ended else {}),
        }

    @property
    def version_id(self) -> str:
        return self.record.version_id or (self.ended.version_id if self.ended else "")


@dataclass(frozen=True)
class Page:
    """`older` is `below` of the next page, 0 at the end."""

    entries: tuple[Entry, ...]
    older: int


def search(filters: Mapping[str, str], visible: Iterable[str], *, below: int = 0) -> Page:
    """One page, newest first.

    `visible` are the environments whose records the person may see; records without an environment
    are shown to all who may see any. A page starts below a sequence number, so that new records do
    not shift it.
    """
    records = _select(filters, visible)
    if below:
        records = records.filter(sequence__lt=below)
    found = list(records.order_by("-sequence")[: ROWS + 1])
    older = found[ROWS - 1].sequence if len(found) > ROWS else 0
    return Page(tuple(_with_outcomes(found[:ROWS])), older)


def _select(filters: Mapping[str, str], visible: Iterable[str]) -> QuerySet[AuditRecord]:
    records = AuditRecord.objects.exclude(phase=Phase.OUTCOME).filter(
        environment__in=[*visible, ""]
    )
    exact = {"person": "actor", "environment": "environment", "action": "action"}
    records = records.filter(
        **{column: storable(filters[name]) for name, column in exact.items() if filters.get(name)}
    )
    if text := filters.get("secret"):
        records = records.filter(secret__contains=storable(text))
    if key := filters.get("key"):
        records = records.filter(keys__contains=as_stored(key))
    if after := filters.get("after"):
        records = records.filter(at__gte=_instant(after))
    if before := filters.get("before"):
        records = records.filter(at__lt=_instant(before))
    return _by_outcome(records, filters.get("outcome", ""))


def _by_outcome(records: QuerySet[AuditRecord], outcome: str) -> QuerySet[AuditRecord]:
    if not outcome:
        return records
    records = records.annotate(sequence_text=Cast("sequence", CharField()))
    ends = AuditRecord.objects.filter(phase=Phase.OUTCOME, intent=OuterRef("sequence_text"))
    if outcome == OPEN:
        return records.filter(~Exists(ends), phase=Phase.INTENT)
    # Of two outcomes the last counts.
    last = Subquery(ends.order_by("-sequence").values("outcome")[:1])
    return records.annotate(ended_as=last).filter(
        Q(phase=Phase.EVENT, outcome=outcome) | Q(phase=Phase.INTENT, ended_as=outcome)
    )


def _instant(text: str) -> str:
    return text.rstrip("Z").replace(" ", "T")


def _with_outcomes(records: list[AuditRecord]) -> Iterator[Entry]:
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
    entry = next(iter(_with_outcomes([record])))
    return OneRecord(entry, intent, near.get(sequence - 1), near.get(sequence + 1))


def own_event(sequence: int, actor: str) -> AuditRecord | None:
    """The record of something that this person did, which took effect."""
    return AuditRecord.objects.filter(
        sequence=sequence, phase=Phase.EVENT, outcome=Outcome.DONE, actor=actor
    ).first()


def choices(visible: Iterable[str]) -> dict[str, list[str]]:
    """What the filter's lists offer: the people and actions that the log holds, and the
    outcomes."""
    records = AuditRecord.objects.filter(environment__in=[*visible, ""])
    return {
        "people": list(records.values_list("actor", flat=True).distinct().order_by("actor")[:200]),
        "actions": list(records.values_list("action", flat=True).distinct().order_by("action")),
        "outcomes": [*Outcome, OPEN],
    }


def export(filters: Mapping[str, str], visible: Iterable[str], form: str) -> Iterator[str]:
    """Lines of CSV or JSON Lines, oldest first, in the columns of the table, outcomes too.

    Streamed. Every line can be encoded: half of a character in a record is spelled `\\udXXX`. A CSV
    file begins with a byte order mark, without which Excel does not read it as UTF-8.
    """
    chosen = _select(filters, visible)
    intents = chosen.filter(phase=Phase.INTENT).values_list("sequence", flat=True)
    wanted = {str(sequence) for sequence in intents.iterator()}
    rows = (
        AuditRecord.objects.filter(environment__in=[*visible, ""])
        .order_by("sequence")
        .values(*COLUMNS)
    )
    picked = set(chosen.values_list("sequence", flat=True).iterator())
    kept = (
        row
        for row in rows.iterator(chunk_size=500)
        if row["sequence"] in picked or row["intent"] in wanted
    )
    return map(encodable, _csv(kept) if form == "csv" else _json_lines(kept))


def _csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + _line(COLUMNS)
    for row in rows:
        yield _line([_inert(str(row[column])) for column in COLUMNS])


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow(cells)
    return out.getvalue()


def _inert(cell: str) -> str:
    return _FORMULA.sub(r"\1'", cell)


def _json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        record = {
            **row,
            **{name: json.loads(row[name]) for name in ("keys", "request_ids", "details")},
        }
        yield json.dumps(record, ensure_ascii=False) + "\n"
