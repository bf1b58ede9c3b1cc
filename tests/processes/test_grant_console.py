"""manage.py grant_console on PostgreSQL: what the console's user may do, and may not."""

import secrets
from collections.abc import Callable

import pytest

from testkit.postgres import PostgresServer
from tests.processes.conftest import Start

pytestmark = [pytest.mark.processes, pytest.mark.postgres]
REFUSED = [
    "UPDATE secrets_ui_auditrecord SET actor = 'mallory'",
    "DELETE FROM secrets_ui_auditrecord",
    "TRUNCATE secrets_ui_auditrecord",
    "ALTER TABLE secrets_ui_auditrecord DISABLE TRIGGER USER",
    "DROP TABLE secrets_ui_auditrecord",
    "CREATE TABLE secrets_ui_new (id int)",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('secrets_ui', 'x', now())",
]


def test_s70_the_console_s_user_works_and_can_neither_change_a_record_nor_a_table(
    postgres: PostgresServer, start: Start
) -> None:
    url, role = postgres.new_database(), f"console_{secrets.token_hex(3)}"
    postgres.client("createuser", role)
    owner, console = start(url), start(url.replace(f"//{postgres.user}@", f"//{role}@"))
    assert (
        "permission denied"
        in console.ask("run_sql", statements=["SELECT 1 FROM auth_user"])["error"]
    )

    for _ in range(2):  # after every upgrade again
        result = owner.ask("command", name="grant_console", arguments=[role])
        assert result["status"] == 0, result["text"]
    assert console.ask("append", count=3)["written"] == [1, 2, 3]
    assert console.ask("verify")["status"] == 0
    added = "INSERT INTO django_session VALUES ('a', 'b', now())"
    assert console.ask("run_sql", statements=[added, "DELETE FROM django_session"])["error"] == ""
    for statement in REFUSED:
        error = console.ask("run_sql", statements=[statement])["error"]
        assert "permission denied" in error or "must be owner" in error, statement
    assert console.ask("verify")["status"] == 0


def test_a_role_that_is_not_there_is_told_in_one_line(
    postgres: PostgresServer, start: Start
) -> None:
    result = start(postgres.new_database()).ask(
        "command", name="grant_console", arguments=['no"body']
    )
    assert result["status"] == 1
    assert result["text"].startswith("The rights were not given: role ")
    assert "does not exist" in result["text"]
    assert "\n" not in result["text"]


def test_on_sqlite_there_is_nobody_to_grant_to(
    start: Start, sqlite_copy: Callable[[], str]
) -> None:
    result = start(sqlite_copy()).ask("command", name="grant_console", arguments=["miyabi"])
    assert result == {"status": 1, "text": "DATABASE_URL: only PostgreSQL has users of its own."}
