"""Makes the console's own database user, or gives it its password anew.

Run by the migrations task, before grant_console.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miyabi_admin.settings")
django.setup()

from django.db import connection  # noqa: E402 - needs the line above
from psycopg import sql  # noqa: E402

user = os.environ["CONSOLE_USER"]
with connection.cursor() as cursor:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [user])
    verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
    text = sql.SQL("{} ROLE {} LOGIN PASSWORD {}")
    cursor.execute(
        text.format(verb, sql.Identifier(user), sql.Literal(os.environ["CONSOLE_PASSWORD"]))
    )
