"""Verifies the audit chain in the database, and against a checkpoint kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.db import connection

from ...domain.audit.chain import (
    FIELDS,
    GENESIS,
    Break,
    Checkpoint,
    check_tail,
    record_hash,
    start,
    verify,
)
from ...models import AuditRecord

# Rows fetched at a time.
CHUNK = 5000
# Breaks that are reported one by one.
MOST_BREAKS = 100


def verify_audit(known: Checkpoint | None = None) -> tuple[list[Break], Checkpoint]:
    """The places where the chain does not hold, up to MOST_BREAKS, and the checkpoint reached.

    `known` is a checkpoint kept elsewhere, to find a tail that was cut off.
    """
    breaks, reached = verify_with([*settings.AUDIT_KEYS_BEFORE, settings.AUDIT_KEY])
    if known and (tail := check_tail(reached, known, hash_at(known.sequence))):
        breaks.append(tail)
    return breaks, reached


def verify_with(keys: Sequence[bytes]) -> tuple[list[Break], Checkpoint]:
    """The same under these keys, oldest first, without a checkpoint."""
    breaks: list[Break] = []
    reached = Checkpoint(0, "", 0)
    for result in verify(rows(), keys[-1], before=keys[:-1]):
        if isinstance(result, Checkpoint):
            reached = result
        elif len(breaks) < MOST_BREAKS:
            breaks.append(result)
    return breaks, reached


def last_record() -> tuple[int, bool]:
    """The sequence of the last record, 0 where there is none, and whether it was hashed with
    AUDIT_KEY."""
    last = AuditRecord.objects.values_list(*FIELDS, "hash").first()
    if last is None:
        return 0, True
    previous = (
        AuditRecord.objects.filter(sequence__lt=last[0]).values_list("hash", flat=True).first()
        or GENESIS
    )
    return last[0], record_hash(start(settings.AUDIT_KEY), previous, last[:-1]) == last[-1]


def rows(beyond: int | None = None) -> Iterator[tuple[object, ...]]:
    """The records after a sequence, or all, as tuples of FIELDS and the hash.

    Straight from a cursor: an ORM instance for each row costs five times as much.
    """
    columns = ", ".join(connection.ops.quote_name(name) for name in (*FIELDS, "hash"))
    select, after = f"SELECT {columns} FROM secrets_ui_auditrecord", " WHERE sequence > %s"  # noqa: S608
    with connection.cursor() as cursor:
        # Not "sequence > 0" for all of them: somebody may have put a row below the first one.
        where = "" if beyond is None else after
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
