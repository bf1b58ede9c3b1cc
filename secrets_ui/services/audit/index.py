"""Keeps what the log is searched by (models/audit_index.py) up to its records.

All of it can be made anew: empty the three tables, then run `migrate`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from django.db import transaction
from django.db.models import Max, Value
from django.db.models.functions import Greatest, Least

from ...domain.audit.actions import OPEN, Phase
from ...models import AuditEntry, AuditRecord, AuditStretch, AuditWord
from ...models.audit_index import WORDS
from .lock import take_lock

# Records of one stretch.
STRETCH = 1000
# Records that are added in one transaction, where some are missing.
BATCH = 1000

Row = Mapping[str, object]


def follow(row: Row) -> None:
    """Adds the record that was just added to the log. Runs under the audit lock, in the transaction
    that adds the record.

    Also adds up to BATCH records before it where a console without this index wrote them.
    """
    sequence, at = int(str(row["sequence"])), Value(str(row["at"]))
    is_next = AuditStretch.objects.filter(number=sequence // STRETCH, last=sequence - 1).update(
        last=sequence, earliest=Least("earliest", at), latest=Greatest("latest", at)
    )
    if is_next:
        _add([row])
    else:
        _catch_up()


def catch_up() -> None:
    """Adds all records that the index does not hold yet. `migrate` ends with it."""
    while True:
        with transaction.atomic():
            take_lock()
            if _catch_up() < BATCH:
                return


def _catch_up() -> int:
    head = AuditStretch.objects.aggregate(head=Max("last"))["head"] or 0
    rows = list(
        AuditRecord.objects.filter(sequence__gt=head)
        .order_by("sequence")
        .values("sequence", "at", "phase", "intent", *WORDS)[:BATCH]
    )
    _add(rows)
    for number, group in groupby(rows, lambda row: int(row["sequence"]) // STRETCH):
        _extend(number, list(group))
    return len(rows)


def _extend(number: int, rows: Sequence[Row]) -> None:
    times = [str(row["at"]) for row in rows]
    if known := AuditStretch.objects.filter(number=number).first():
        times += [known.earliest, known.latest]
    last = int(str(rows[-1]["sequence"]))
    AuditStretch(number=number, last=last, earliest=min(times), latest=max(times)).save()


def _add(rows: Sequence[Row]) -> None:
    numbers = _numbers(rows)
    entries: dict[str, AuditEntry] = {}
    for row in rows:
        words = {f"{column}_id": numbers[column, text] for column, text in _words(row).items()}
        if row["phase"] != Phase.OUTCOME:
            sequence = int(str(row["sequence"]))
            entries[str(sequence)] = AuditEntry(sequence=sequence, at=str(row["at"]), **words)
        elif entry := entries.get(str(row["intent"])):
            entry.outcome_id = words["outcome_id"]
        else:
            AuditEntry.objects.filter(sequence=int(str(row["intent"]))).update(**words)
    AuditEntry.objects.bulk_create(
        entries.values(),
        update_conflicts=True,
        unique_fields=["sequence"],
        update_fields=["at", *WORDS],
    )


def _words(row: Row) -> dict[str, str]:
    """What the index takes from a record, by column."""
    if row["phase"] == Phase.OUTCOME:
        return {"outcome": str(row["outcome"])}
    words = {column: str(row[column]) for column in WORDS}
    return words | {"outcome": OPEN} if row["phase"] == Phase.INTENT else words


def _numbers(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    """The number of each word in the rows; new ones are given theirs."""
    words = {digest(*word): word for row in rows for word in _words(row).items()}
    known = _known(words)
    if missing := [word for found, word in words.items() if found not in known]:
        AuditWord.objects.bulk_create(
            AuditWord(digest=digest(column, text), column=column, text=text)
            for column, text in missing
        )
        known = _known(words)
    return {words[found]: number for found, number in known.items()}


def _known(digests: Iterable[str]) -> dict[str, int]:
    return dict(AuditWord.objects.filter(digest__in=digests).values_list("digest", "id"))


def digest(column: str, text: str) -> str:
    """What finds a word of a column."""
    return hashlib.sha256(f"{column} {text}".encode()).hexdigest()
