"""One pass at a time, over all processes and machines.

An advisory lock on PostgreSQL, a lease in a row on SQLite.
"""

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache

from django.db import connection, transaction
from django.db.models import Q

from ...models import StatusRunner

_LOCK = 0x73746174  # any number that nobody else uses with pg_advisory_lock on this database
LEASE = timedelta(minutes=2)
RENEW_EVERY = 30  # seconds
ONLY = 1  # the row's key


class LockHeld(Exception):
    """Another process runs a pass. `holder` is its machine and process id."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@cache
def me() -> str:
    """This process: its machine and number, and a random part that no other process has."""
    return f"{socket.gethostname()[:50]}:{os.getpid()}:{secrets.token_hex(4)}"


def runner() -> StatusRunner:
    """The one row. Raises DatabaseError."""
    return StatusRunner.objects.get_or_create(pk=ONLY)[0]


def hold_status() -> None:
    """Nobody else changes what passes keep until the transaction ends. Raises DatabaseError."""
    list(StatusRunner.objects.select_for_update().filter(pk=ONLY))


@contextmanager
def pass_lock() -> Iterator[None]:
    """Raises LockHeld.

    PostgreSQL lets go of it when the process dies; a lease ends by itself after LEASE.
    """
    runner()
    take, let_go = (
        (_take_advisory, _let_go_advisory)
        if connection.vendor == "postgresql"
        else (_take_lease, _let_go_lease)
    )
    if not take():
        raise LockHeld(runner().holder)
    try:
        now = datetime.now(UTC)
        StatusRunner.objects.filter(pk=ONLY).update(
            holder=me(), began_at=now, lease_until=now + LEASE
        )
        yield
    finally:
        let_go()


def _take_advisory() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _let_go_advisory() -> None:
    _let_go_lease()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _take_lease() -> bool:
    now = datetime.now(UTC)
    with transaction.atomic():
        is_free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return bool(
            StatusRunner.objects.filter(is_free, pk=ONLY).update(
                holder=me(), lease_until=now + LEASE
            )
        )


def _let_go_lease() -> None:
    StatusRunner.objects.filter(pk=ONLY, holder=me()).update(lease_until=None)


class Renewal:
    """Renews the lease between the steps of a pass.

    On PostgreSQL the lease only shows that a pass is under way. Raises LockHeld when another
    process has taken it.
    """

    def __init__(self) -> None:
        self._next = time.monotonic() + RENEW_EVERY

    def __call__(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + RENEW_EVERY
        until = datetime.now(UTC) + LEASE
        if not StatusRunner.objects.filter(pk=ONLY, holder=me()).update(lease_until=until):
            raise LockHeld(runner().holder)
