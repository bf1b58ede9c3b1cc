"""How the console opens its database: the names are libpq's, and DATABASE_URL has the last word."""

import pytest
from psycopg.conninfo import make_conninfo

from miyabi_admin.databases import SQLITE, options

POSTGRESQL = "django.db.backends.postgresql"


@pytest.mark.parametrize("is_command", [True, False])
def test_libpq_knows_every_option(is_command: bool) -> None:
    # Raises for a name that it does not know.
    assert make_conninfo(**options({"ENGINE": POSTGRESQL}, is_command=is_command))


def test_a_statement_of_a_page_has_an_end_and_one_of_a_command_has_none() -> None:
    page = options({"ENGINE": POSTGRESQL}, is_command=False)
    command = options({"ENGINE": POSTGRESQL}, is_command=True)
    assert "statement_timeout=15s" in page["options"]
    assert "statement_timeout" not in command["options"]
    assert page["connect_timeout"] == command["connect_timeout"] == 3


def test_database_url_changes_what_it_names_and_keeps_the_rest() -> None:
    given = {"sslmode": "verify-full", "connect_timeout": 9, "options": "-c statement_timeout=1min"}
    found = options({"ENGINE": POSTGRESQL, "OPTIONS": given}, is_command=False)
    assert (found["sslmode"], found["connect_timeout"], found["keepalives"]) == (
        "verify-full",
        9,
        1,
    )
    # The server takes the last of two.
    assert "-c statement_timeout=15s " in found["options"]
    assert found["options"].endswith(" -c statement_timeout=1min")


def test_sqlite_has_its_own() -> None:
    assert options({"ENGINE": "django.db.backends.sqlite3"}, is_command=False) == SQLITE
