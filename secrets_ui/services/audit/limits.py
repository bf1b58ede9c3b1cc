"""Limits of every kind: a try is reserved first, and only then may what it is for be looked at.

Reserved in the database, one after the other over all threads, workers and machines.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import Error, connection, transaction
from django.db.models import Count, Q, QuerySet

from ...domain.errors import AuditUnavailable
from ...domain.limits import Limit
from ...models import Reservation

# Any number that nobody else uses as the first of two with pg_advisory_xact_lock.
_LOCK = 0x6C696D74
_PATIENCE = "5s"
# Seconds between two looks at tries that are open.
_PAUSE = 0.05
# Rows that nobody asks for any more are deleted by whoever comes next, so many at a time.
_SWEPT = 100
# No limit counts for so long.
_LONGEST = timedelta(days=1)


@dataclass(frozen=True)
class Reserved:
    """A try that counts. `is_last`: the next one will be refused."""

    limit: Limit
    who: str
    number: int
    is_last: bool

    def give_back(self) -> None:
        """What it was for was not looked at, or is no failure."""
        self._drop(pk=self.number)

    def renew(self) -> None:
        """What it was for goes on: it counts from now."""
        _rows(self.limit, self.who).filter(pk=self.number).update(at=database_now())

    def fail(self) -> None:
        """It was looked at, and counts."""
        _rows(self.limit, self.who).filter(pk=self.number).update(is_open=False)

    def forget(self) -> None:
        """This try and the earlier ones count no more; those that came after it still do."""
        self._drop(pk__lte=self.number)

    def count_alone(self) -> None:
        """The next try with the same `once` counts for itself."""
        _rows(self.limit, self.who).filter(pk=self.number).update(once="")

    def _drop(self, **which: int) -> None:
        with transaction.atomic():
            _take_lock(self.limit, self.who)
            _rows(self.limit, self.who).filter(**which).delete()


def reserve(limit: Limit, who: str, once: str = "", patience: float = 0) -> Reserved | None:
    """Takes one of the tries that `who` has; None when there is none left.

    Tries with the same `once` count as one. While others are open, which may yet be given back, it
    waits for `patience` seconds at most. Raises AuditUnavailable.
    """
    until = time.monotonic() + patience
    try:
        while True:
            reserved, may_wait = _reserve(limit, who, once)
            if reserved or not may_wait or time.monotonic() >= until:
                return reserved
            _wait(limit, who, until)
    except Error:
        raise AuditUnavailable from None


def _wait(limit: Limit, who: str, until: float) -> None:
    """Until a try was given back, or all have failed; without the lock, which those need to end."""
    while time.monotonic() < until:
        time.sleep(_PAUSE)
        found = _rows(limit, who).aggregate(
            counted=Count("pk"), open=Count("pk", filter=Q(is_open=True))
        )
        if found["counted"] < limit.most or not found["open"]:
            return


@transaction.atomic
def _reserve(limit: Limit, who: str, once: str) -> tuple[Reserved | None, bool]:
    """What was reserved, if anything, and whether a try is open that may be given back."""
    _take_lock(limit, who)
    now = database_now()
    _sweep(limit, now)
    rows = _rows(limit, who)
    tries = dict(rows.values_list("pk", "at"))
    counted = limit.counted(tries, now)
    if moved := [number for number, at in counted.items() if at != tries[number]]:
        rows.filter(pk__in=moved).update(at=now)
    earlier = rows.filter(pk__in=counted, once=once).first() if once else None
    if earlier is None and len(counted) >= limit.most:
        return None, rows.filter(pk__in=counted, is_open=True).exists()
    row = earlier or Reservation.objects.create(limit=limit.name, who=who, once=once, at=now)
    return Reserved(limit, who, row.pk, is_last=len({*counted, row.pk}) >= limit.most), False


@transaction.atomic
def purge_reservations() -> int:
    """Deletes those that count against no limit any more. Returns how many. Raises Error."""
    over = Reservation.objects.filter(at__lte=database_now() - _LONGEST)
    return int(over.delete()[0])


def _rows(limit: Limit, who: str) -> QuerySet[Reservation]:
    return Reservation.objects.filter(limit=limit.name, who=who)


def _sweep(limit: Limit, now: datetime) -> None:
    """Rows that another request is sweeping are left to it, so that nobody waits."""
    over = Reservation.objects.filter(limit=limit.name, at__lte=limit.begins(now))
    swept = over.select_for_update(skip_locked=True).values_list("pk", flat=True)[:_SWEPT]
    if numbers := list(swept):
        Reservation.objects.filter(pk__in=numbers).delete()


def _take_lock(limit: Limit, who: str) -> None:
    """One at a time for each limit and person.

    SQLite: the transaction began IMMEDIATE (see settings).
    """
    if connection.vendor != "postgresql":
        return
    digest = hashlib.sha256(f"{limit.name} {who}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)",
            [_LOCK, int.from_bytes(digest[:4], "big", signed=True)],
        )


def database_now() -> datetime:
    """By the database's clock, which all machines share. SQLite has the machine's."""
    if connection.vendor != "postgresql":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now
