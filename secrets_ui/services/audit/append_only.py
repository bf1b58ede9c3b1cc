"""Whether the database still refuses to change the audit log, and how it does so again."""

import logging

from django.db import connection, transaction

from ...models import AuditRecord
from ...models.append_only import FUNCTIONS, TRIGGERS

log = logging.getLogger("miyabi.audit")
# One that is disabled, or fires on replicas alone, refuses nothing here:
# https://www.postgresql.org/docs/current/catalog-pg-trigger.html
_THERE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
    "postgresql": "SELECT tgname FROM pg_trigger "
    "WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')",
}


def missing_triggers() -> list[str]:
    """The names of those that should keep the log append-only, and are not there or disabled."""
    with connection.cursor() as cursor:
        cursor.execute(_THERE[connection.vendor], [AuditRecord._meta.db_table])
        there = {name for (name,) in cursor.fetchall()}
    return [name for name in TRIGGERS[connection.vendor] if name not in there]


def put_back() -> None:
    """Makes the missing triggers anew; says so in the log, since somebody took them off.

    Raises DatabaseError where the database's user does not own the table.
    """
    if not (missing := missing_triggers()):
        return
    log.warning("missing triggers of the audit log were put back", extra={"triggers": missing})
    table = connection.ops.quote_name(AuditRecord._meta.db_table)
    of_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in FUNCTIONS[connection.vendor]:
            cursor.execute(statement)
        for name in missing:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{of_table}")
            cursor.execute(TRIGGERS[connection.vendor][name])
