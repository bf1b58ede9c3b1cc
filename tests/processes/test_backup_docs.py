"""S78: runs the backup commands of docs/operations.md while the console writes."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.demo.local_aws import PROJECT
from testkit.postgres import PostgresServer, as_whom
from tests.processes.conftest import Start
from tests.processes.consoles import Console
from tests.processes.test_audit_chain import TABLE, checkpoint_of

pytestmark = pytest.mark.processes
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    [text] = re.findall(rf"^```sh {name}\n(.*?)^```$", OPERATIONS, re.MULTILINE | re.DOTALL)
    return str(text)


def run(name: str, folder: Path, **environ: str) -> None:
    user, group = as_whom() if "postgresql" in name else (None, None)
    path = f"{environ.pop('programs', '')}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["sh", "-ec", block(name)],
        cwd=folder,
        env={"PATH": path, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        user=user,
        group=group,
    )
    assert ended.returncode == 0, ended.stderr


def ensure_it_can_be_restored(
    console: Console, back_up: Callable[[], None], restore: Callable[[], Console]
) -> None:
    console.ask("append", count=10)
    complete = checkpoint_of(console)
    console.tell("append", count=40)  # it goes on writing meanwhile
    back_up()
    console.hear()
    newest = checkpoint_of(console)
    again = restore()

    assert again.ask("verify", checkpoint=complete)["status"] == 0
    kept = len(again.ask("records"))
    assert kept >= 10
    if kept < 50:
        result = again.ask("verify", checkpoint=newest)
        assert result["status"] == 1
        assert (
            f"The chain ends at record {kept}, but a checkpoint knows record 50" in result["text"]
        )
    assert "audit records are" in again.ask("run_sql", statements=[f"DELETE FROM {TABLE}"])["error"]
    assert again.ask("append", count=2)["written"] == [kept + 1, kept + 2]
    assert again.ask("verify")["status"] == 0


def test_s78_on_sqlite_what_the_guide_says_backs_up_and_restores(
    sqlite_copy: Callable[[], str], start: Start
) -> None:
    url = sqlite_copy()
    folder = Path(url.removeprefix("sqlite:///")).parent

    def restore() -> Console:
        run("restore-sqlite", folder)
        return start(f"sqlite:///{folder}/restored.sqlite3")

    ensure_it_can_be_restored(start(url), lambda: run("backup-sqlite", folder), restore)


@pytest.mark.postgres
def test_s78_on_postgresql_what_the_guide_says_backs_up_and_restores(
    postgres: PostgresServer, start: Start
) -> None:
    postgres.client("createdb", "--template", "migrated", "miyabi")
    here = {
        "PGHOST": str(postgres.folder),
        "PGUSER": postgres.user,
        "programs": str(postgres.programs),
    }

    def restore() -> Console:
        run("restore-postgresql", postgres.folder, **here)
        return start(postgres.url("restored"))

    ensure_it_can_be_restored(
        start(postgres.url("miyabi")),
        lambda: run("backup-postgresql", postgres.folder, **here),
        restore,
    )
