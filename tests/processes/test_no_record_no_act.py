"""S60: where the record cannot be written, nothing is read or changed in AWS. Each refusal is the
database's own."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from secrets_ui.services.audit import lock
from testkit.aws_proxy import AwsProxy
from testkit.postgres import PostgresServer
from tests.processes.conftest import Start
from tests.processes.consoles import Console
from tests.processes.outside import Aws

pytestmark = pytest.mark.processes


@pytest.fixture
def console(start: Start, database: str, proxy: AwsProxy) -> Iterator[Console]:
    proxy.reset()
    console = start(database, endpoint=proxy.endpoint)
    yield console
    console.stop()


def ensure_nothing_was_done(console: Console, proxy: AwsProxy, dev: Aws) -> None:
    secret, base = dev.make_secret()
    result = console.ask("save", secret=secret, base=base, values={"A": "new"})

    assert result["refused"] == "AuditUnavailable", result
    assert proxy.calls == []
    assert dev.labels(secret) == {base: ["AWSCURRENT"]}


READ_ONLY = {"sqlite": "PRAGMA query_only=ON", "postgres": "SET default_transaction_read_only = on"}


def test_s60_a_read_only_database_stops_a_save_before_it_reads_a_value(
    console: Console, database: str, proxy: AwsProxy, dev: Aws
) -> None:
    console.ask("run_sql", statements=[READ_ONLY[database.partition(":")[0]]])
    ensure_nothing_was_done(console, proxy, dev)


def test_s60_a_full_disk_stops_a_save(
    start: Start, sqlite_copy: Callable[[], str], proxy: AwsProxy, dev: Aws
) -> None:
    proxy.reset()
    console = start(sqlite_copy(), endpoint=proxy.endpoint)
    console.ask("let_files_grow_no_more")
    ensure_nothing_was_done(console, proxy, dev)


def test_s60_a_locked_database_stops_a_save(
    start: Start, sqlite_copy: Callable[[], str], proxy: AwsProxy, dev: Aws
) -> None:
    proxy.reset()
    database = sqlite_copy()
    console = start(database, endpoint=proxy.endpoint)
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        ensure_nothing_was_done(console, proxy, dev)


@pytest.mark.postgres
def test_s60_a_writer_that_hangs_in_its_turn_stops_the_others_for_seconds_only(
    postgres: PostgresServer, start: Start, proxy: AwsProxy, dev: Aws
) -> None:
    proxy.reset()
    url = postgres.new_database()
    hanging, console = start(url), start(url, endpoint=proxy.endpoint)
    hanging.ask("run_sql", statements=[f"SELECT pg_advisory_lock({lock._LOCK})"])
    ensure_nothing_was_done(console, proxy, dev)


@pytest.mark.postgres
def test_s60_a_database_that_is_gone_stops_a_save(
    postgres: PostgresServer, start: Start, proxy: AwsProxy, dev: Aws
) -> None:
    proxy.reset()
    url = postgres.new_database()
    console = start(url, endpoint=proxy.endpoint)
    console.ask("append", count=1)
    postgres.client("dropdb", "--force", url.rpartition("/")[2])
    ensure_nothing_was_done(console, proxy, dev)
