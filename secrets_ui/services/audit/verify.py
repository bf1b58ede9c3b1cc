"""Verifies the audit chain in the database, and against a checkpoint kept elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from typing import Any

from django.conf import settings
from django.db import connections

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
from .index_check import Compared, Comparing
from .reading import read_in_order

# Breaks that are reported one by one.
MOST_BREAKS = 100
# Records that are worth a process of their own: a quarter of a second.
SHARE = 50_000


@dataclass(frozen=True)
class Part:
    """Records after one sequence, whose hash is `previous`, and up to another; None: without an
    end."""

    after: int | None = None
    previous: str = GENESIS
    upto: int | None = None


@dataclass(frozen=True)
class Verified:
    breaks: list[Break]
    reached: Checkpoint
    compared: Compared


def verify_audit(
    known: Checkpoint | None = None, processes: int = 1
) -> tuple[list[Break], Checkpoint]:
    """The places where the chain does not hold, up to MOST_BREAKS, and the checkpoint reached.

    Where it holds, the places where the log's index (models/audit_index.py) is not like it.
    `known` is a checkpoint kept elsewhere, to find a tail that was cut off. Several `processes` are
    for a command alone: they are forks.
    """
    keys = [*settings.AUDIT_KEYS_BEFORE, settings.AUDIT_KEY]
    parts = _divide(processes) if len(keys) == 1 else [Part()]
    verify_part = partial(_verify, keys)
    verified = _side_by_side(verify_part, parts) if parts[1:] else map(verify_part, parts)
    breaks, reached = _put_together([*verified])
    if known and (tail := check_tail(reached, known, hash_at(known.sequence))):
        breaks.append(tail)
    return breaks, reached


def verify_with(keys: Sequence[bytes]) -> tuple[list[Break], Checkpoint]:
    """The same under these keys, oldest first, without a checkpoint."""
    return _put_together([_verify(keys, Part())])


def _divide(processes: int) -> list[Part]:
    """Each part begins at the hash that is stored before it, which the part before verifies."""
    found = AuditRecord.objects.values_list("sequence", flat=True).first()
    # SQLite takes any type into any column.
    last = found if isinstance(found, int) else 0
    processes = min(processes, last // SHARE)
    if processes < 2 or "fork" not in get_all_start_methods():
        return [Part()]
    asked = [last * number // processes for number in range(1, processes)]
    rows = AuditRecord.objects.filter(sequence__in=asked).order_by("sequence")
    ends = list(rows.values_list("sequence", "hash"))
    begins: list[tuple[int | None, str]] = [(None, GENESIS), *ends]
    uptos: list[int | None] = [*(sequence for sequence, _ in ends), None]
    return [
        Part(after, previous, upto) for (after, previous), upto in zip(begins, uptos, strict=True)
    ]


def _side_by_side(verify_part: Callable[[Part], Verified], parts: list[Part]) -> list[Verified]:
    # A connection must not cross a fork.
    connections.close_all()
    with ProcessPoolExecutor(len(parts), get_context("fork")) as pool:
        return list(pool.map(verify_part, parts))


def _verify(keys: Sequence[bytes], part: Part) -> Verified:
    comparing, breaks = Comparing(part.after, part.upto), list[Break]()
    reached = Checkpoint(0, "", 0)
    found = comparing.pass_on(rows(part.after, part.upto))
    for result in verify(
        found, keys[-1], before=keys[:-1], previous=part.previous, after=part.after or 0
    ):
        if isinstance(result, Checkpoint):
            reached = result
        elif len(breaks) < MOST_BREAKS:
            breaks.append(result)
    return Verified(breaks, reached, comparing.found)


def _put_together(parts: Sequence[Verified]) -> tuple[list[Break], Checkpoint]:
    compared = Compared()
    for part in parts:
        compared.add(part.compared)
    breaks = [found for part in parts for found in part.breaks] or compared.breaks()
    return breaks[:MOST_BREAKS], parts[-1].reached


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


def rows(after: int | None = None, upto: int | None = None) -> Iterator[tuple[Any, ...]]:
    """The records after a sequence, or all, as tuples of FIELDS and the hash."""
    return read_in_order(AuditRecord._meta.db_table, (*FIELDS, "hash"), after, upto)


def hash_at(sequence: int) -> str | None:
    return AuditRecord.objects.filter(sequence=sequence).values_list("hash", flat=True).first()
