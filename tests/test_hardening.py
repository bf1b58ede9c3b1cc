"""What a process of the console shows to others on its machine, and to its own children."""

import json
from typing import Any

import pytest

from testkit.starting import production, start

# A process as manage.py and wsgi.py begin one. It tells what is to be seen of it.
SCRIPT = """
import ctypes, json, os, resource, subprocess, sys
from pathlib import Path
from miyabi_admin.hardening import harden
harden()
from miyabi_admin import settings

def child(**more):
    command = [sys.executable, "-c", "import os; print(ascii(os.environ))"]
    return subprocess.check_output(command, **more).decode()

connection = __import__("sqlite3").connect(settings.DATABASES["default"]["NAME"])
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("CREATE TABLE IF NOT EXISTS t (c)")
folder = Path(settings.DATABASES["default"]["NAME"]).parent
print(json.dumps({
    "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "modes": {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()},
    # Root alone can read it.
    "environ": Path("/proc/self/environ").read_bytes().decode() if os.geteuid() == 0 else "",
    "child": child(),
    "command": child(env=settings.COMMAND_ENVIRON()),
    "key": settings.SECRET_KEY,
}))
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("database")
    earlier = folder / "db.sqlite3"
    earlier.touch(mode=0o644)
    return production(
        DATABASE_URL=f"sqlite:///{earlier}",
        AUDIT_KEYS_BEFORE="an-earlier-key-of-the-audit-log-0123456789",
        EMAIL_PASSWORD="the-password-of-a-mail-server",
    )


@pytest.fixture(scope="module")
def seen(settings: dict[str, str]) -> dict[str, Any]:
    ended = start(settings, "-c", SCRIPT)
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def test_s105_a_process_leaves_no_core_file_and_its_memory_is_root_s(seen: dict[str, Any]) -> None:
    assert (seen["dumpable"], seen["core"]) == (0, [0, 0])


def test_s105_files_are_their_user_s_alone_also_a_database_of_an_earlier_release(
    seen: dict[str, Any],
) -> None:
    assert set(seen["modes"]) >= {"db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm"}
    assert set(seen["modes"].values()) == {"0o600"}


CONFIDENTIAL = (
    "SECRET_KEY",
    "AUDIT_KEY",
    "AUDIT_KEYS_BEFORE",
    "FINGERPRINT_KEY",
    "SECOND_FACTOR_KEY",
    "DATABASE_URL",
    "EMAIL_PASSWORD",
)


@pytest.mark.parametrize("name", CONFIDENTIAL)
def test_s105_no_key_is_in_the_environment_but_that_of_a_command_which_needs_it(
    name: str, settings: dict[str, str], seen: dict[str, Any]
) -> None:
    assert seen["key"] == settings["SECRET_KEY"]
    assert settings[name] not in seen["environ"]
    assert (settings[name] in seen["child"], settings[name] in seen["command"]) == (False, True)
