"""Gives the console its own database user: it adds to the audit log and reads it, and owns nothing. Run by the migrations task."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miyabi_admin.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402 - needs the line above
from psycopg import sql  # noqa: E402

AUDIT_LOG = "secrets_ui_auditrecord"
user = sql.Identifier(os.environ["CONSOLE_USER"])
password = sql.Literal(os.environ["CONSOLE_PASSWORD"])

with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [os.environ["CONSOLE_USER"]])
    verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
    for text in (
        "{verb} ROLE {user} LOGIN PASSWORD {password}",
        "GRANT USAGE ON SCHEMA public TO {user}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {user}",
        "REVOKE UPDATE, DELETE, TRUNCATE ON {log} FROM {user}",
    ):
        cursor.execute(
            sql.SQL(text).format(verb=verb, user=user, password=password, log=sql.Identifier(AUDIT_LOG))
        )
