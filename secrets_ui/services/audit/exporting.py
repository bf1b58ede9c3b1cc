"""Writes the audit log as CSV or JSON Lines, a page at a time."""

import json
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from heapq import heappop, heappush
from typing import Any

from ...domain.audit.actions import Action, Phase
from ...domain.errors import ConsoleError
from ...domain.limits import Limit
from ...domain.people.actor import Actor
from ...domain.texts import BYTE_ORDER_MARK, csv_text, encodable
from ...models import AuditRecord
from .choosing import choose, in_time
from .counted import refuse_counted
from .limits import Reserved, reserve
from .writing import record

# Lines of the log that are read, written and forgotten together.
PAGE = 500
COLUMNS = (
    "sequence", "at", "phase", "action", "outcome", "actor", "address", "environment", "secret",
    "version_id", "base_version_id", "keys", "reason", "request_ids", "intent", "details", "hash",
)  # fmt: skip

# An export that says nothing for so many seconds has ended with its worker.
_ONE = Limit("exports", most=1, seconds=60)
_RENEWED = 15  # seconds

Row = dict[str, Any]


class ExportUnderWay(ConsoleError):
    """One export a person at once: each takes a thread for as long as somebody reads it."""

    status = 429
    title = "An export of yours is under way"
    remedy = "Let it end, or stop it in your browser, and try again a minute later."
    retry_after = 60

    def __init__(self) -> None:
        super().__init__("You can have one export at once.")


class Export:
    """The texts of one export, on record. Whoever sends them closes it, so that the person may have
    the next."""

    def __init__(self, texts: Generator[str, None, None], reserved: Reserved) -> None:
        self._texts, self._reserved = texts, reserved
        self._renew_at = time.monotonic() + _RENEWED

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if time.monotonic() > self._renew_at:
            self._reserved.renew()
            self._renew_at = time.monotonic() + _RENEWED
        with in_time():
            return next(self._texts)

    def close(self) -> None:
        self._texts.close()
        self._reserved.give_back()


def begin(actor: Actor, filters: Mapping[str, str], visible: Iterable[str], form: str) -> Export:
    """Records the export and begins it. Raises ExportUnderWay, on record; AuditUnavailable."""
    reserved = reserve(_ONE, actor.name)
    if reserved is None:
        why = {"why": "an export is under way"}
        refuse_counted(Action.LIMIT_RATE, actor, details=why)
        raise ExportUnderWay
    names = [*visible]
    begun = Export(export(filters, names, form), reserved)
    chosen = {name: value for name, value in filters.items() if value}
    try:
        record(
            Action.EXPORT_LOG,
            actor,
            details={"form": form, "filters": chosen, "environments": names},
        )
    except BaseException:
        begun.close()
        raise
    return begun


def export(
    filters: Mapping[str, str], visible: Iterable[str], form: str
) -> Generator[str, None, None]:
    """The chosen records as CSV or JSON Lines, oldest first, in the columns of the table, outcomes
    too.

    A text for each page of PAGE lines, and the heading of CSV at once. No query is left open while
    a page is sent. Every text can be encoded: half of a character in a record is spelled `\\udXXX`.
    A CSV file begins with a byte order mark, without which Excel does not read it as UTF-8.
    """
    if form == "csv":
        yield BYTE_ORDER_MARK + _csv([dict(zip(COLUMNS, COLUMNS, strict=True))])
    write = _csv if form == "csv" else _json_lines
    for rows in _pages(filters, [*visible]):
        yield encodable(write(rows))


def _pages(filters: Mapping[str, str], visible: list[str]) -> Iterator[list[Row]]:
    """Rows in the order of the log, up to the record that is the last one now.

    An outcome waits until the lines before it have gone out.
    """
    end = AuditRecord.objects.values_list("sequence", flat=True).first() or 0
    lines = choose(filters, visible).filter(sequence__lte=end).order_by("sequence")
    waiting: list[tuple[int, Row]] = []
    last = -1
    while found := list(lines.filter(sequence__gt=last).values_list("sequence", flat=True)[:PAGE]):
        last = found[-1]
        for row in _records(found, end):
            heappush(waiting, (row["sequence"], row))
        yield list(_until(last, waiting))
    yield list(_until(end, waiting))


def _records(sequences: list[int], end: int) -> Iterator[Row]:
    rows = AuditRecord.objects.filter(sequence__lte=end).order_by().values(*COLUMNS)
    yield from rows.filter(sequence__in=sequences)
    yield from rows.filter(phase=Phase.OUTCOME, intent__in=[str(each) for each in sequences])


def _until(last: int, waiting: list[tuple[int, Row]]) -> Iterator[Row]:
    while waiting and waiting[0][0] <= last:
        yield heappop(waiting)[1]


def _csv(rows: Iterable[Row]) -> str:
    return csv_text([row[column] for column in COLUMNS] for row in rows)


def _json_lines(rows: Iterable[Row]) -> str:
    return "".join(json.dumps(_parsed(row), ensure_ascii=False) + "\n" for row in rows)


def _parsed(row: Row) -> Row:
    return row | {name: json.loads(row[name]) for name in ("keys", "request_ids", "details")}
