"""Reads tables of the audit log from their begin to their end, some rows at a time.

Straight from a cursor: an ORM instance for each row costs five times as much.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

# Rows fetched at a time.
CHUNK = 500


def read_in_order(
    table: str, columns: Sequence[str], after: int | None, upto: int | None
) -> Iterator[tuple[Any, ...]]:
    """The rows after a sequence and up to another, or all; the first column is the sequence."""
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    with connection.cursor() as cursor:
        while True:
            # Not "sequence > 0" for all of them: somebody may have put a row below the first one.
            ends = {" > %s": after, " <= %s": upto}
            given = {end: number for end, number in ends.items() if number is not None}
            where = " AND ".join(f"sequence{end}" for end in given) or "1 = 1"
            cursor.execute(
                f"SELECT {names} FROM {table} WHERE {where} ORDER BY sequence LIMIT %s",  # noqa: S608
                [*given.values(), CHUNK],
            )
            found = cursor.fetchall()
            yield from found
            if len(found) < CHUNK:
                return
            after = found[-1][0]
