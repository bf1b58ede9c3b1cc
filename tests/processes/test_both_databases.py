"""Pages and saves on SQLite and PostgreSQL: a save, a read, a settlement, odd texts."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.local_aws import PROJECT, LocalAws
from testkit.aws_proxy import LOST, Answer, AwsProxy
from tests.processes.conftest import Start
from tests.processes.consoles import PATIENCE, Console
from tests.processes.outside import Aws

pytestmark = pytest.mark.processes


@pytest.fixture
def console(start: Start, database: str) -> Iterator[Console]:
    console = start(database)
    yield console
    console.stop()


def test_a_save_a_proposal_and_its_approval_are_on_one_whole_chain(
    console: Console, dev: Aws, staging: Aws
) -> None:
    secret, base = dev.make_secret()
    saved = console.ask("save", secret=secret, base=base, values={"A": "new"})
    assert dev.current(secret) == saved["version"]
    proposed_on, base = staging.make_secret()
    proposed = console.ask(
        "save", secret=proposed_on, base=base, values={"A": "new"}, environment="staging"
    )
    approved = console.ask("approve", sequence=proposed["sequence"], environment="staging")

    assert staging.current(proposed_on) == approved["version"] == proposed["version"]
    assert console.ask("open_page", secret=secret) == {"refused": "", "keys": ["A", "B"]}
    assert console.ask("verify")["status"] == 0


def test_s63_of_two_consoles_that_save_at_once_one_is_refused(
    console: Console, start: Start, database: str, dev: Aws
) -> None:
    """The hundred races are in test_races.py, on SQLite; these few show the same on PostgreSQL."""
    other = start(database)
    secret, base = dev.make_secret("{}")
    for number in range(8):
        for each, key in ((console, "one"), (other, "other")):
            each.tell("save", secret=secret, base=base, values={f"{key} {number}": "new"})
        result = [each.hear()["said"] for each in (console, other)]
        assert sorted(answer["refused"] for answer in result) == ["", "VersionConflict"]
        base = next(answer["version"] for answer in result if not answer["refused"])
        assert dev.current(secret) == base
    assert len(dev.values(secret)) == 8
    assert console.ask("verify")["status"] == 0
    other.stop()


def test_s22_s31_s69_s76_of_many_at_once_in_two_processes_no_more_than_the_limit_count(
    start: Start, database: str, dev: Aws
) -> None:
    limits = {"WRITES_PER_MINUTE": "10", "REVEALS_PER_MINUTE": "10"}
    pair = [start(database, wait=False, **limits) for _ in range(2)]
    for console in pair:
        console.wait_until_ready()
    secret, version = dev.make_secret()

    def at_once(do: str, **job: Any) -> list[Any]:
        for console in pair:
            console.tell(do, count=24, **job)
        return [console.hear()["said"] for console in pair]

    assert sum(at_once("prove", name="kenji", is_right=True)) == 48
    assert sum(at_once("prove", name="hana", is_right=False)) == 6
    assert sum(at_once("begin")) == 10
    said = at_once("reveal", secret=secret, version=version)
    assert sum(told.count("") for told in said) == 10

    # S76: every refusal is told of once, in one record and then one more for the minute.
    # Too many changes and too many values are kinds as well.
    at_once("refuse")
    assert pair[0].ask("end_minute") == 3
    assert sum(pair[0].ask("refuse", count=1)) == 2 * 24 + 1
    # S31: one answer of the provider is taken, and the others are told so.
    told = at_once("come_back", session_key=pair[0].ask("leave"))
    assert sorted(told[0] + told[1]) == [""] + ["IdentityRefused"] * 47
    for console in pair:
        console.stop()


@pytest.mark.parametrize(
    "key", ["\x00", "\ud800", "é\u2028", "%s", "'; DROP TABLE secrets_ui_auditrecord; --"]
)
def test_a_key_of_any_name_neither_stops_a_page_nor_a_save(
    key: str, console: Console, dev: Aws
) -> None:
    """jsonb holds neither NUL nor half a character.

    https://www.postgresql.org/docs/current/datatype-json.html
    """
    secret, base = dev.make_secret(json.dumps({"A": "1", key: "2"}))
    assert console.ask("open_page", secret=secret) == {"refused": "", "keys": ["A", key]}
    saved = console.ask("save", secret=secret, base=base, values={key: "3"})

    assert saved["refused"] == "", saved
    assert dev.values(secret) == {"A": "1", key: "3"}
    assert console.ask("open_page", secret=secret) == {"refused": "", "keys": ["A", key]}
    assert console.ask("verify")["status"] == 0


def test_what_aws_last_reported_is_read_as_one_object(console: Console, dev: Aws) -> None:
    """Each database has a function of its own for it."""
    assert console.ask("last_reported") == {}
    pages = dict(dev.make_secret() for _ in range(2))
    for secret in pages:
        console.ask("open_page", secret=secret)
    assert console.ask("last_reported") == pages


def test_a_console_killed_in_a_save_is_settled_by_the_one_that_goes_on(
    console: Console,
    start: Start,
    database: str,
    proxy: AwsProxy,
    dev: Aws,
    environments_file: Path,
    local_aws: LocalAws,
) -> None:
    """`settle_audit --every`, as gunicorn starts it: it ends with its parent, or by a signal."""
    secret, base = dev.make_secret()
    mortal = start(database, endpoint=proxy.endpoint)
    child = mortal.fork("save", secret=secret, base=base, values={"A": "new"})

    def kill() -> Answer:
        os.kill(child.pid, signal.SIGKILL)
        return LOST

    proxy.reset()
    proxy.after("swap", kill)
    settling = start_settling(
        DATABASE_URL=database,
        ENVIRONMENTS_FILE=str(environments_file),
        LOCAL_AWS_ENDPOINT=local_aws.endpoint,
    )
    try:
        child.go()
        assert child.end() == (-signal.SIGKILL, None)
        deadline = time.monotonic() + PATIENCE
        while (
            not ended(console, secret) or "MIYABI" in str(dev.labels(secret))
        ) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        settling.terminate()
        said = settling.communicate(timeout=PATIENCE)[0]
    assert ended(console, secret) == ["done"], said
    assert dev.labels(secret) == {dev.current(secret): ["AWSCURRENT"], base: ["AWSPREVIOUS"]}


def start_settling(**settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "settle_audit", "--every", "1", "--min-age", "0"],
        cwd=PROJECT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(console: Console, secret: str) -> list[str]:
    rows = console.ask("records", secret=secret)
    return [
        row["outcome"]
        for row in rows
        if (row["phase"], row["action"]) == ("outcome", "secret.save")
    ]
