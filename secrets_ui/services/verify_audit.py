"""Verifies the audit chain in the database, and against a checkpoint kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import connection

from ..domain.audit_chain import FIELDS, Break, Checkpoint, check_tail, verify
from ..models import AuditRecord

CHUNK = 5000  # rows fetched at a time
MOST_BREAKS = 100  # told; a chain with more is beyond telling them one by one


def verify_audit(known: Checkpoint | None = None) -> tuple[list[Break], Checkpoint]:
    """Every place that does not hold, up to MOST_BREAKS, and the checkpoint reached."""
    breaks: list[Break] = []
    reached = Checkpoint(0, "", 0)
    for result in verify(rows(), settings.AUDIT_KEY):
        if isinstance(result, Checkpoint):
            reached = result
        elif len(breaks) < MOST_BREAKS:
            breaks.append(result)
    if known and (tail := check_tail(reached, known, hash_at(known.sequence))):
        breaks.append(tail)
    return breaks, reached


def rows(beyond: int | None = None) -> Iterator[tuple[object, ...]]:
    """Those beyond a sequence, or all. Straight from a cursor: an ORM instance for each row costs five times as much."""
    columns = ", ".join(connection.ops.quote_name(name) for name in (*FIELDS, "hash"))
    select, after = f"SELECT {columns} FROM secrets_ui_auditrecord", " WHERE sequence > %s"  # noqa: S608
    with connection.cursor() as cursor:
        where = "" if beyond is None else after  # not "above 0": a row may have been put below the first one
        last: list[int] = [] if beyond is None else [beyond]
        while True:
            cursor.execute(f"{select}{where} ORDER BY sequence LIMIT %s", [*last, CHUNK])
            found = cursor.fetchall()
            yield from found
            if len(found) < CHUNK:
                return
            where, last = after, [found[-1][0]]


def hash_at(sequence: int) -> str | None:
    return AuditRecord.objects.filter(sequence=sequence).values_list("hash", flat=True).first()
