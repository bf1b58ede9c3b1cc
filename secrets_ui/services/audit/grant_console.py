"""What the console's own database user may do, where another one owns the tables (PostgreSQL)."""

from django.db import connection, transaction

from ...domain.errors import ConfigurationError

# Rows of all other tables may be changed and deleted as well.
_RIGHTS = {"secrets_ui_auditrecord": "SELECT, INSERT", "django_migrations": "SELECT"}


def grant_console(role: str) -> list[str]:
    """Lets an existing role use every table, but only read and add audit records.

    Returns the statements that were run. Raises ConfigurationError, DatabaseError.
    """
    if connection.vendor != "postgresql":
        raise ConfigurationError("DATABASE_URL: only PostgreSQL has users of its own.")
    tables = sorted(
        connection.introspection.django_table_names(only_existing=True, include_views=False)
    )
    quote = connection.ops.quote_name
    schema = quote(_schema())
    # Django's quoting is for names of tables, which hold no quotation marks.
    name = '"{}"'.format(role.replace('"', '""'))
    statements = [f"GRANT USAGE ON SCHEMA {schema} TO {name}"]
    for table in sorted({*tables, "django_migrations"}):
        rights = _RIGHTS.get(table, "SELECT, INSERT, UPDATE, DELETE")
        statements += [
            f"REVOKE ALL ON {quote(table)} FROM {name}",
            f"GRANT {rights} ON {quote(table)} TO {name}",
        ]
    statements.append(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {name}")
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return statements


def _schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])
