"""Commands as processes: no value is echoed or printed, and races are reported."""

import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.demo.local_aws import PROJECT, LocalAws
from testkit import warm
from testkit.canary import leaks, make_plain_canary
from tests.processes.outside import Aws

pytestmark = pytest.mark.processes
PATIENCE = 60  # seconds
MAKE_ACCOUNT = (
    "from secrets_ui.services.people.accounts import make_account; "
    "make_account('hana', 'x' * 20, {'dev': 'editor'})"
)


@pytest.fixture(scope="module")
def environ(
    environments_file: Path, local_aws: LocalAws, sqlite_copy: Callable[[], str]
) -> dict[str, str]:
    found = {
        **os.environ,
        "DATABASE_URL": sqlite_copy(),
        "ENVIRONMENTS_FILE": str(environments_file),
        "LOCAL_AWS_ENDPOINT": local_aws.endpoint,
    }
    made = warm.run(["manage.py", "shell", "-c", MAKE_ACCOUNT], found)
    assert made.returncode == 0, made.stderr
    return found


def command(name: str, *arguments: str) -> list[str]:
    words = ["put_secret", "dev", name, *arguments, "--as", "hana"]
    return ["-W", "error", "manage.py", *words]


def test_s02_a_piped_value_is_in_no_output_and_json_is_all_that_comes_out(
    environ: dict[str, str], dev: Aws
) -> None:
    (name, _), canary = dev.make_secret(), make_plain_canary()
    for verbosity in ("1", "2"):
        words = command(name, "A=-", "--json", "-v", verbosity)
        ended = warm.run(words, environ, canary + verbosity)
        assert ended.returncode == 0, ended.stderr
        assert json.loads(ended.stdout)["changed"] == ["A"]
        assert dev.values(name)["A"] == canary + verbosity
        assert leaks(canary, ended.stdout + ended.stderr) == []
        assert ('"message": "audit record"' in ended.stderr) is (verbosity == "2")


def test_s02_a_terminal_does_not_show_what_is_typed(environ: dict[str, str], dev: Aws) -> None:
    (name, _), canary = dev.make_secret(), make_plain_canary()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, *command(name, "A=-")],
        cwd=PROJECT,
        env=environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    for prompt in (b"New value of A (not shown): ", b"Once more: "):
        shown += read_until(ours, prompt)
        os.write(ours, canary.encode() + b"\n")
    shown += read_until(ours, b"AWSCURRENT now")
    os.close(ours)
    assert process.wait(PATIENCE) == 0
    assert dev.values(name)["A"] == canary
    assert leaks(canary, shown) == []


def read_until(terminal: int, words: bytes) -> bytes:
    shown = b""
    while words not in shown:
        ready, _, _ = select.select([terminal], [], [], PATIENCE)
        assert ready, f"{words!r} did not come; there is {shown!r}"
        shown += os.read(terminal, 4096)
    return shown


def test_s63_of_two_that_start_from_one_version_one_is_a_conflict_and_nothing_is_lost(
    environ: dict[str, str], dev: Aws
) -> None:
    name, base = dev.make_secret()

    def change(key: str) -> int:
        words = command(name, f"{key}=-", "--if-version", base)
        return warm.run(words, environ, "changed").returncode

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(change, "AB"))
    assert statuses == [0, 3]
    assert sorted(dev.values(name).values()) in (["1", "changed"], ["2", "changed"])


def test_a_wrong_option_ends_with_status_2_and_repeats_no_argument(environ: dict[str, str]) -> None:
    canary = make_plain_canary()
    ended = warm.run(command("config", "A=-", "--valeu", canary), environ)
    assert ended.returncode == 2
    assert leaks(canary, ended.stdout + ended.stderr) == []
    assert "unrecognized arguments" in ended.stderr


JSON_COMMANDS = [
    ("check_access", "dev", "--secret", "NAME", "--json"),
    ("show_secret", "dev", "NAME", "--json", "--as", "hana", "-v", "2"),
    ("put_secret", "dev", "NAME", "--generate", "GRÖSSE", "--json", "--as", "hana"),
    ("audit_log", "--json", "--as", "hana"),
    ("list_secrets", "dev", "--json", "--as", "hana"),
    ("status", "--json"),
    ("verify_audit", "--json"),
]


@pytest.mark.parametrize("words", JSON_COMMANDS, ids=lambda words: words[0])
def test_json_is_all_of_the_output_and_any_shell_can_print_it(
    environ: dict[str, str], dev: Aws, words: tuple[str, ...]
) -> None:
    """Nobody has looked at the secret, so its value is read, which is recorded and logged."""
    name, _ = dev.make_secret('{"GRÖSSE": "1", "\\ud800": "2"}')
    shell = environ | {"PYTHONIOENCODING": "ascii", "LOG_LEVEL": "INFO"}
    ended = warm.run(["manage.py", *(word.replace("NAME", name) for word in words)], shell)
    assert ended.stdout.isascii()
    json.loads(ended.stdout)
    assert "Traceback" not in ended.stderr
    assert words[0] != "put_secret" or dev.values(name)["GRÖSSE"] != "1"


def test_a_table_is_printed_in_a_shell_that_lacks_its_characters(
    environ: dict[str, str], dev: Aws
) -> None:
    name, _ = dev.make_secret('{"GRÖSSE": "1"}')
    shell = environ | {"PYTHONIOENCODING": "ascii"}
    ended = warm.run(command(name, "--generate", "GRÖSSE"), shell)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Changed: GR\\xd6SSE." in ended.stdout
