"""Runners as real processes: one pass at a time on either database; a wish is fulfilled."""

import json
import os
import secrets
import signal
import subprocess
import time
from pathlib import Path

import pytest

from testkit import warm
from testkit.copying_aws import CopyingAws
from testkit.estate import TOML, make_secrets
from testkit.fake_aws import FakeAws
from testkit.served import Served, served
from tests.deploy.processes import command_line, descendants, wait_until_gone
from tests.processes.consoles import Worker

pytestmark = pytest.mark.processes
_HOLD = """
import os, sys, time, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miyabi_admin.settings")
django.setup()
from secrets_ui.services.status_pass.lock import LockHeld, pass_lock
try:
    with pass_lock():
        print('"mine"', flush=True)
        sys.stdin.read()
except LockHeld:
    print('"held"', flush=True)
"""


def test_of_two_processes_one_runs_a_pass_and_a_dead_one_holds_nothing_up(
    database: str, tmp_path: Path
) -> None:
    def hold() -> Worker:
        """A process that takes the lock and keeps it until its standard input ends."""
        return Worker(["-c", _HOLD], {"DATABASE_URL": database}, tmp_path / "log")

    first = hold()
    assert first.hear() == "mine"
    second = hold()
    assert second.hear() == "held"
    second.end()
    first.end()
    third = hold()
    assert third.hear() == "mine"
    third.kill()
    third.end()
    if database.startswith("sqlite"):
        # A lease ends by itself after two minutes: see tests/services/status_pass/test_lock.py.
        return
    deadline = time.monotonic() + 90  # the server lets go of a dead process's lock once it notices
    while (said := (again := hold()).hear()) == "held" and time.monotonic() < deadline:
        again.end()
    assert said == "mine"
    again.end()


def test_a_pass_is_kept_and_told_on_either_database(database: str, tmp_path: Path) -> None:
    (tmp_path / "environments.toml").write_text(TOML, encoding="utf-8")
    with FakeAws(make_secrets(prod=3)).running() as aws:
        environ = os.environ | {
            "DATABASE_URL": database,
            "LOCAL_AWS_ENDPOINT": aws.endpoint,
            "ENVIRONMENTS_FILE": str(tmp_path / "environments.toml"),
            "STATUS_IAM_PER_SECOND": "100",
        }
        for _ in range(2):  # the second one meets the rows of the first
            manage(environ, "run_checks", expect=0)
    result = json.loads(manage(environ, "status", "--json"))
    assert [place["name"] for place in result["environments"]] == ["dev", "staging", "prod"]
    assert all(place["checked_at"] and not place["stale"] for place in result["environments"])
    assert result["runner"]["last_pass"]["calls"]["secrets-manager.ListSecrets"] == 3


def manage(environ: dict[str, str], *arguments: str, expect: int | None = None) -> str:
    done = warm.run(["manage.py", *arguments], environ, timeout=180)
    assert expect in (None, done.returncode), done.stderr
    return done.stdout


def test_the_runner_looks_at_once_goes_on_and_fulfils_a_wish(
    local_aws: CopyingAws, tmp_path: Path
) -> None:
    """One that was killed is started again, and does the same; it ends with the server. Its lines
    are in the server's log, and of the same kind."""
    token = secrets.token_urlsafe(32)
    more = {"STATUS_EVERY": "3600", "STATUS_IAM_PER_SECOND": "100", "METRICS_TOKEN": token}
    with served(local_aws, tmp_path, **more) as console:
        with console.running() as gunicorn:
            look_go_on_and_end(console, gunicorn, token)
        lines = console.log.read_bytes().splitlines()
    loggers = {json.loads(line)["logger"] for line in lines}
    assert {"access", "gunicorn.error", "miyabi.settle", "miyabi.status"} <= loggers


def look_go_on_and_end(console: Served, gunicorn: subprocess.Popen[bytes], token: str) -> None:
    person = console.person("viewer")
    wait_for(person, "The last check ended at ")
    first = ended(person)
    [killed] = find_runners(gunicorn.pid)
    os.kill(killed, signal.SIGKILL)
    assert wait_until_gone(killed)
    assert person.post("/status/run", {}).status == 302
    deadline = time.monotonic() + 90
    # While a pass is wanted or under way the page names no end.
    while ended(person) in ("", first) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert ended(person) not in ("", first)
    [another] = find_runners(gunicorn.pid)
    metrics = person.get("/metrics", Authorization=f"Bearer {token}").text
    for command in ("run_checks", "settle_audit", "send_messages"):
        assert f'miyabi_heartbeat_timestamp_seconds{{command="{command}"}} 1' in metrics
    # A worker tells what the process beside it counted, and no page asks for alarms so.
    assert 'operation="cloudwatch.DescribeAlarms",outcome="ok"' in metrics
    gunicorn.send_signal(signal.SIGHUP)
    assert wait_until_gone(another)
    [last] = wait_for_runners(gunicorn.pid)
    gunicorn.terminate()
    assert gunicorn.wait(60) == 0
    # With gunicorn it ends, and is not started again.
    assert wait_until_gone(last)


def wait_for_runners(gunicorn: int) -> list[int]:
    deadline = time.monotonic() + 90
    while not (found := find_runners(gunicorn)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def find_runners(gunicorn: int) -> list[int]:
    return [pid for pid in descendants(gunicorn) if "run_checks=" in command_line(pid)]


def wait_for(person: object, text: str) -> None:
    deadline = time.monotonic() + 90
    while text not in person.get("/status").text and time.monotonic() < deadline:  # type: ignore[attr-defined]
        time.sleep(0.5)


def ended(person: object) -> str:
    page: str = person.get("/status").text  # type: ignore[attr-defined]
    return page.partition("The last check ended at ")[2].partition(".")[0]
