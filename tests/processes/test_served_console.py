"""The console under gunicorn: what holds over processes, and while its database fails."""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from deploy.demo.local_aws import LocalAws
from deploy.demo.processes import choose_port
from tests.posting import key_form, prod_rules
from tests.postgres import PostgresServer
from tests.served import Served, served

pytestmark = [pytest.mark.processes, pytest.mark.slow]
NAME = "miyabi/prod/config"
EDIT = f"/prod/edit/{NAME}"
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def console(local_aws: LocalAws, tmp_path: Path) -> Iterator[Served]:
    with served(local_aws, tmp_path) as console:
        yield console


@contextmanager
def locked(console: Served) -> Iterator[None]:
    """Another program holds the write lock."""
    with closing(sqlite3.connect(console.folder / "db.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(console: Served) -> Iterator[None]:
    """No file of the worker can grow any more: to SQLite, a disk without room."""
    [worker] = console.workers()
    before = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.prlimit(worker, resource.RLIMIT_FSIZE, before)


def ensure_nothing_can_be_saved(console: Served, break_it: AbstractContextManager[None]) -> None:
    """While it is broken: 503, in words and as JSON, with no AWS call. Afterwards the same form is taken."""
    editor = console.person("editor")
    assert editor.get(EDIT).status == 200
    client = console.accounts["prod"].clients.secretsmanager
    before = client.get_secret_value(SecretId=NAME)["SecretString"]
    form = key_form(console.current("prod", NAME), ("MIYABI_ROOT", "set", "/srv/late"), **prod_rules(NAME))
    form |= {"csrfmiddlewaretoken": _token(editor.get("/prod/").text)}
    console.aws.seen.clear()
    with break_it:
        told, page = editor.post_raw(EDIT, form, **SCRIPT), editor.post_raw(EDIT, form)
        assert (told.status, page.status) == (503, 503)
        assert (
            json.loads(told.body)["problem"]["title"]
            == "The audit log cannot be written, so nothing was done"
        )
        assert "The audit log cannot be written, so nothing was done" in page.text
        assert console.aws.operations() == []
    assert client.get_secret_value(SecretId=NAME)["SecretString"] == before
    assert editor.post_raw(EDIT, form, **SCRIPT).status == 200
    assert json.loads(client.get_secret_value(SecretId=NAME)["SecretString"])["MIYABI_ROOT"] == "/srv/late"


def _token(page: str) -> str:
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def test_s60_with_a_locked_database_an_edit_is_503_and_aws_is_not_asked(console: Served) -> None:
    with console.running():
        ensure_nothing_can_be_saved(console, locked(console))


def test_s60_with_a_full_disk_an_edit_is_503_and_aws_is_not_asked(console: Served) -> None:
    with console.running():
        ensure_nothing_can_be_saved(console, full(console))
