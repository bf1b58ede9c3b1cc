"""The audit lock: one writer at a time, over all processes and machines."""

from django.db import connection

# Any number that nobody else uses with pg_advisory_xact_lock on this database.
_LOCK = 0x6D697961
# How long to wait for the lock: a writer that hangs must not hang everybody. SQLite has its own
# timeout in settings.
_PATIENCE = "5s"


def take_lock() -> None:
    """Until the transaction ends.

    SQLite: the transaction began IMMEDIATE (see settings).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
