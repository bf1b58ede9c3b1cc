"""The audit chain on SQLite and PostgreSQL: append-only, unbroken under load, tamper-evident."""

import json
import os
import random
import secrets
import signal
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from secrets_ui.domain.audit.chain import FIELDS
from testkit.postgres import PostgresServer
from tests.processes.conftest import Start
from tests.processes.consoles import Console

pytestmark = pytest.mark.processes
TABLE = "secrets_ui_auditrecord"
PROCESSES, RECORDS = 8, 200
OTHERS = ", ".join(f'"{name}"' for name in (*FIELDS[1:], "hash"))  # every column but the sequence


@pytest.fixture(scope="module")
def started(start: Start) -> dict[str, Console]:
    """A console process for each kind of database, once a test has needed it."""
    return {}


@pytest.fixture
def console(start: Start, started: dict[str, Console], database: str) -> Console:
    """A console on an empty database, with ten records."""
    kind = database.partition(":")[0]
    if kind not in started:
        started[kind] = start(database)
    started[kind].ask("use_database", url=database)
    started[kind].ask("append", count=10)
    return started[kind]


def is_sqlite(database: str) -> bool:
    return database.startswith("sqlite")


def copy_of_row(number: int, *, of: int = 10, before: str = "INSERT") -> str:
    source = f"SELECT {number}, {OTHERS} FROM {TABLE} WHERE sequence = {of}"
    return f"{before} INTO {TABLE} (sequence, {OTHERS}) {source}"


EVERYWHERE = {
    "update": f"UPDATE {TABLE} SET actor = 'mallory' WHERE sequence = 4",
    "update of all": f"UPDATE {TABLE} SET actor = actor",
    "delete": f"DELETE FROM {TABLE} WHERE sequence = 4",
    "delete of the tail": f"DELETE FROM {TABLE} WHERE sequence = 10",
    "delete of all": f"DELETE FROM {TABLE}",
    "insert in the middle": copy_of_row(4),
    "insert beyond the end": copy_of_row(12),
    "insert below the first": copy_of_row(0),
    "insert or update": f"{copy_of_row(10)} ON CONFLICT (sequence) DO UPDATE SET actor = 'mallory'",
}
ON_SQLITE = {
    "insert or replace": copy_of_row(10, of=9, before="INSERT OR REPLACE"),
    "replace": copy_of_row(10, of=9, before="REPLACE"),
    "update or replace": f"UPDATE OR REPLACE {TABLE} SET sequence = 9 WHERE sequence = 10",
    "insert or replace without recursive triggers": "PRAGMA recursive_triggers=OFF; "
    + copy_of_row(10, of=9, before="INSERT OR REPLACE"),
}
ON_POSTGRES = {
    "truncate": f"TRUNCATE {TABLE}",
    "truncate with cascade": f"TRUNCATE {TABLE} CASCADE",
    "merge": f"MERGE INTO {TABLE} t USING (SELECT 4 AS s) x ON t.sequence = x.s "
    "WHEN MATCHED THEN DELETE",
}


def test_s70_the_database_refuses_everything_but_a_record_at_the_end(
    console: Console, database: str
) -> None:
    attacks = EVERYWHERE | (ON_SQLITE if is_sqlite(database) else ON_POSTGRES)
    before = console.ask("records")
    for name, statements in attacks.items():
        error = console.ask("run_sql", statements=statements.split("; "))["error"]
        assert "audit records are" in error, f"{name}: {error or 'it worked'}"
    assert console.ask("records") == before
    assert console.ask("verify")["status"] == 0


def test_s70_a_record_at_the_end_that_the_console_did_not_write_is_taken_but_found(
    console: Console,
) -> None:
    """The database cannot know the key; the chain does."""
    assert console.ask("run_sql", statements=[copy_of_row(11)])["error"] == ""
    result = console.ask("verify")
    assert result["status"] == 1
    assert "Record 11 does not match its hash" in result["text"]


@pytest.mark.postgres
def test_s70_a_console_that_does_not_own_the_table_can_add_records_and_cannot_take_the_triggers_off(
    postgres: PostgresServer, start: Start
) -> None:
    """As docs/operations.md says: SELECT and INSERT, and no more, on the records."""
    url = postgres.new_database()
    owner = start(url)
    role = f"console_{secrets.token_hex(3)}"
    searched = "secrets_ui_auditentry, secrets_ui_auditword, secrets_ui_auditstretch"
    grants = [
        f"CREATE ROLE {role} LOGIN",
        f"GRANT SELECT, INSERT ON {TABLE} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE ON {searched} TO {role}",
        # verify_audit asks whether each role has its record.
        f"GRANT SELECT ON secrets_ui_rolegrant, auth_user, secrets_ui_versionrecord TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]
    assert owner.ask("run_sql", statements=grants)["error"] == ""
    console = start(url.replace(f"//{postgres.user}@", f"//{role}@"))

    assert console.ask("append", count=3)["written"] == [1, 2, 3]
    assert console.ask("verify")["status"] == 0
    for attack in (
        f"UPDATE {TABLE} SET actor = 'x'",
        f"DELETE FROM {TABLE}",
        f"TRUNCATE {TABLE}",
        *drop_triggers(url),
        f"DROP TABLE {TABLE}",
    ):
        error = console.ask("run_sql", statements=[attack])["error"]
        assert "permission denied" in error or "must be owner" in error, attack


def drop_triggers(database: str) -> list[str]:
    """What somebody does who owns the table, and not only a password to it."""
    if is_sqlite(database):
        return [
            f"DROP TRIGGER {name}"
            for name in ("audit_no_update", "audit_no_delete", "audit_only_at_the_end")
        ]
    return [f"ALTER TABLE {TABLE} DISABLE TRIGGER USER"]


@pytest.mark.postgres
def test_s70_a_trigger_that_is_disabled_or_gone_is_told_until_migrate_makes_it_anew(
    postgres: PostgresServer, start: Start
) -> None:
    """SQLite's stand in tests/services/audit/test_guards.py."""
    console = start(postgres.new_database())
    console.ask("append", count=1)
    for statement, missing in (
        (f"ALTER TABLE {TABLE} DISABLE TRIGGER audit_no_change", "audit_no_change"),
        (f"ALTER TABLE {TABLE} ENABLE REPLICA TRIGGER audit_at_the_end", "audit_at_the_end"),
        (f"DROP TRIGGER audit_no_truncate ON {TABLE}", "audit_no_truncate"),
    ):
        assert console.ask("run_sql", statements=[statement])["error"] == ""
        result = console.ask("verify")
        assert (result["status"], f"trigger {missing}, which" in result["text"]) == (1, True)
        assert console.ask("command", name="migrate", arguments=[])["status"] == 0
        assert console.ask("verify")["status"] == 0
    for attack in EVERYWHERE["update of all"], ON_POSTGRES["truncate"], copy_of_row(12, of=1):
        assert "audit records are" in console.ask("run_sql", statements=[attack])["error"]


TAMPERED = {
    "changed": (
        [f"UPDATE {TABLE} SET actor = 'somebody else' WHERE sequence = 4"],
        "Record 4 does not match its hash",
    ),
    "changed by a blank": (
        [f"UPDATE {TABLE} SET reason = ' ' WHERE sequence = 4"],
        "Record 4 does not match its hash",
    ),
    "its time changed": (
        [f"UPDATE {TABLE} SET \"at\" = '2020-01-01T00:00:00.000000Z' WHERE sequence = 1"],
        "Record 1 does not match its hash",
    ),
    "its hash changed too": (
        [f"UPDATE {TABLE} SET actor = 'x', hash = '{'0' * 64}' WHERE sequence = 4"],
        "Record 5 does not match its hash",
    ),
    "removed": ([f"DELETE FROM {TABLE} WHERE sequence = 4"], "Record 4 is missing."),
    "several removed": (
        [f"DELETE FROM {TABLE} WHERE sequence BETWEEN 4 AND 6"],
        "Records 4 to 6 are missing.",
    ),
    "the first removed": ([f"DELETE FROM {TABLE} WHERE sequence = 1"], "Record 1 is missing."),
    "moved": (
        [
            f"UPDATE {TABLE} SET sequence = {to} WHERE sequence = {of}"
            for of, to in ((4, 99), (5, 4), (99, 5))
        ],
        "Record 4 does not match its hash",
    ),
    "inserted": (
        [
            *(
                f"UPDATE {TABLE} SET sequence = {n + 1} WHERE sequence = {n}"
                for n in range(10, 3, -1)
            ),
            copy_of_row(4, of=3),
        ],
        "Record 4 does not match its hash",
    ),
    "put below the first": ([copy_of_row(-5)], "Record -5 stands out of order."),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_s71_a_row_that_was_tampered_with_is_found_and_named(
    how: str, console: Console, database: str
) -> None:
    statements, expected = TAMPERED[how]
    assert console.ask("run_sql", statements=[*drop_triggers(database), *statements])["error"] == ""

    result = console.ask("verify")
    assert result["status"] == 1
    assert expected in result["text"]
    assert NO_HOLD in result["text"]


def checkpoint_of(console: Console) -> str:
    """The last checkpoint in the log stream, in the form that verify_audit takes."""
    lines = [
        json.loads(line) for line in console.log.read_text().splitlines() if "checkpoint" in line
    ]
    last = lines[-1]["checkpoint"]
    assert last["count"] == last["sequence"]
    return f"{last['sequence']}:{last['hash']}"


NO_HOLD = "The audit chain does not hold"
# The tail of the records, and of what they are searched by, which would tell.
CUT = (
    f"DELETE FROM {TABLE} WHERE sequence > 7",
    "DELETE FROM secrets_ui_auditentry WHERE sequence > 7",
    "UPDATE secrets_ui_auditstretch SET last = 7",
)


def test_s72_a_cut_off_tail_is_found_against_the_checkpoint_in_the_log(
    console: Console, database: str
) -> None:
    known = checkpoint_of(console)
    assert console.ask("verify", checkpoint=known)["status"] == 0
    cut = [*drop_triggers(database), *CUT]
    assert console.ask("run_sql", statements=cut)["error"] == ""

    # By itself the rest is a whole chain; that its triggers are missing is another finding.
    assert NO_HOLD not in console.ask("verify")["text"]
    result = console.ask("verify", checkpoint=known)
    assert result["status"] == 1
    assert (
        "The chain ends at record 7, but a checkpoint knows record 10: the tail was cut off."
        in result["text"]
    )


def test_s72_a_tail_that_was_cut_off_and_grew_again_is_found(
    console: Console, database: str
) -> None:
    known = checkpoint_of(console)
    console.ask("run_sql", statements=[*drop_triggers(database), *CUT])
    console.ask("append", count=10)

    assert NO_HOLD not in console.ask("verify")["text"]
    assert (
        "Record 10 has another hash than its checkpoint"
        in console.ask("verify", checkpoint=known)["text"]
    )


def test_s73_eight_processes_write_one_unbroken_chain(
    database: str, start_all: Callable[[str, int], list[Console]]
) -> None:
    consoles = start_all(database, PROCESSES)
    for number, console in enumerate(consoles):
        console.tell("append", count=RECORDS, actor=f"person {number}")
    result = [console.hear()["said"] for console in consoles]

    # SQLite's waiting is not in turn, so on a busy machine one may be refused, and tries again.
    if not is_sqlite(database):
        assert [answer["refused"] for answer in result] == [0] * PROCESSES
    written = sorted(sequence for answer in result for sequence in answer["written"])
    assert written == list(range(1, PROCESSES * RECORDS + 1))
    told_by_command = consoles[0].ask("verify")
    assert told_by_command["status"] == 0
    assert f"The audit chain holds: {PROCESSES * RECORDS} records." in told_by_command["text"]
    who = owners(consoles[0])
    assert sum(one != after for one, after in pairwise(who)) >= PROCESSES


def owners(console: Console) -> list[str]:
    """Who wrote, in the chain's order: alternating owners show concurrent writes."""
    return [row["actor"] for row in console.ask("records")]


def count(console: Console) -> int:
    return int(console.ask("run_sql", statements=[f"SELECT COUNT(*) FROM {TABLE}"])["rows"][0][0])


def test_s73_writers_that_are_killed_leave_an_unbroken_chain(
    database: str, start_all: Callable[[str, int], list[Console]]
) -> None:
    mortal, other, steady = start_all(database, 3)
    for _ in range(8):
        child = mortal.fork("append", count=10_000)
        other.tell("append", count=5)
        before = count(steady)
        child.go()
        while count(steady) <= before + 5:  # until it writes; the other's five may be among them
            time.sleep(0.02)
        time.sleep(random.uniform(0, 0.1))
        os.kill(child.pid, signal.SIGKILL)
        assert child.end() == (-signal.SIGKILL, None)
        other.hear()  # the dead writer's turn does not block the others
    assert steady.ask("verify")["status"] == 0
    assert len(steady.ask("records")) > 8 * 5
