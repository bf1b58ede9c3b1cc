"""The console under gunicorn: what holds over processes, and while its database fails."""

import json
import os
import re
import resource
import secrets
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest

from deploy.demo.folder import KEYS
from deploy.demo.local_aws import PROJECT
from deploy.demo.processes import choose_port
from testkit.canary import make_plain_canary
from testkit.copying_aws import CopyingAws
from testkit.postgres import PostgresServer
from testkit.posting import key_form, prod_rules
from testkit.served import Person, Served, served
from tests.deploy.processes import descendants

pytestmark = [pytest.mark.processes, pytest.mark.slow]
NAME = "miyabi/prod/config"
EDIT = f"/prod/edit/{NAME}"
SCRIPT = {"Accept": "application/json"}
SAID = "The audit log cannot be written, so nothing was done"


@pytest.fixture(scope="module")
def console(local_aws: CopyingAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One estate and database, to start the console on, with the image's allocator."""
    allocator = dict(
        re.findall(r"(PYTHONMALLOC|GLIBC_TUNABLES)=(\S+)", (PROJECT / "Dockerfile").read_text())
    )
    with served(
        local_aws, tmp_path_factory.mktemp("served"), WRITES_PER_MINUTE="100", **allocator
    ) as console:
        yield console


@pytest.fixture(scope="module")
def both_ports(console: Served) -> Iterator[tuple[int, int]]:
    """Two servers with one worker each on one database, started once: a start is expensive."""
    other = choose_port("NO_SUCH_VARIABLE", 0)
    with console.running(), console.running(PORT=str(other)):
        yield console.port, other


@pytest.fixture(scope="module")
def on_postgres(
    local_aws: CopyingAws, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A running console whose database is in PostgreSQL."""
    folder = tmp_path_factory.mktemp("postgres-console")
    url = postgres.new_database()
    with served(local_aws, folder, DATABASE_URL=url) as console, console.running():
        yield console


class Attempt:
    """An editor with the edit page open and filled in, while all is well."""

    def __init__(self, console: Served) -> None:
        self.console, self.editor = console, console.person("editor")
        self.typed = f"/srv/{secrets.token_hex(4)}"
        assert self.editor.get(EDIT).status == 200
        self.form = key_form(
            console.current("prod", NAME), ("MIYABI_ROOT", "set", self.typed), **prod_rules(NAME)
        )
        self.form["csrfmiddlewaretoken"] = (
            self.editor.get("/prod/")
            .text.partition('name="csrfmiddlewaretoken" value="')[2]
            .partition('"')[0]
        )
        self.before = self.stored()

    def stored(self) -> str:
        client = self.console.accounts["prod"].clients.secretsmanager
        return str(client.get_secret_value(SecretId=NAME)["SecretString"])

    def ensure_refused(self) -> None:
        """503, in words and as JSON, with no AWS call."""
        self.console.aws.received.clear()
        result, page = (
            self.editor.post_raw(EDIT, self.form, **SCRIPT),
            self.editor.post_raw(EDIT, self.form),
        )
        assert (result.status, page.status) == (503, 503)
        assert json.loads(result.body)["problem"]["title"] == SAID
        assert SAID in page.text
        wait_for_readiness(self.editor, 503)
        assert self.editor.get("/livez").status == 200
        # The server that has just started may be settling, in the console's own name.
        assert [call for call in self.console.aws.received if call.person == "editor"] == []
        assert self.stored() == self.before

    def ensure_taken(self) -> None:
        """The same form: nothing else was wrong with it."""
        assert self.editor.post_raw(EDIT, self.form, **SCRIPT).status == 200
        assert json.loads(self.stored())["MIYABI_ROOT"] == self.typed
        wait_for_readiness(self.editor, 200)


def wait_for_readiness(person: Person, status: int) -> None:
    """An answer is good for a second, and a look that found the database broken may not have ended
    yet."""
    for _ in range(100):
        if person.get("/readyz").status == status:
            return
        Event().wait(0.1)
    raise AssertionError(f"/readyz does not answer {status}.")


# First, before other tests' servers run: it changes the file while none has it open.
def test_s60_with_a_read_only_database_an_edit_is_503_and_aws_is_not_asked(console: Served) -> None:
    with console.running():
        attempt = Attempt(console)
    with read_only(console.folder / "db.sqlite3"), console.running():
        attempt.ensure_refused()
    with console.running():
        attempt.ensure_taken()


@pytest.mark.usefixtures("both_ports")
def test_s60_with_a_locked_database_an_edit_is_503_and_aws_is_not_asked(console: Served) -> None:
    attempt = Attempt(console)
    with closing(sqlite3.connect(console.folder / "db.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        attempt.ensure_refused()
    attempt.ensure_taken()


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux can take a process's disk away"
)
@pytest.mark.usefixtures("both_ports")
def test_s60_with_a_full_disk_an_edit_is_503_and_aws_is_not_asked(console: Served) -> None:
    attempt = Attempt(console)
    worker = console.workers()[-1]
    before = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    # No file can grow any more.
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (4096, before[1]))
    attempt.ensure_refused()
    resource.prlimit(worker, resource.RLIMIT_FSIZE, before)
    attempt.ensure_taken()


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """By the file's own header, since root may write to any file.

    https://www.sqlite.org/fileformat.html#file_format_version_numbers
    """
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    _set_write_version(path, 3)
    try:
        yield
    finally:
        _set_write_version(path, 2)


def _set_write_version(path: Path, version: int) -> None:
    with path.open("r+b") as file:
        file.seek(18)
        file.write(bytes([version]))


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (
            "ALTER DATABASE {0} SET default_transaction_read_only = on",
            "ALTER DATABASE {0} RESET default_transaction_read_only",
        ),
        ("ALTER DATABASE {0} ALLOW_CONNECTIONS false", "ALTER DATABASE {0} ALLOW_CONNECTIONS true"),
    ],
    ids=["read-only", "down"],
)
def test_s60_with_postgresql_read_only_or_down_an_edit_is_503_and_aws_is_not_asked(
    on_postgres: Served, postgres: PostgresServer, broken: str, mended: str
) -> None:
    name = on_postgres.environ["DATABASE_URL"].rpartition("/")[2]

    def tell(statement: str) -> None:
        close = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        postgres.client(
            "psql", "--dbname", "postgres", "--command", statement.format(name), "--command", close
        )

    attempt = Attempt(on_postgres)
    tell(broken)
    attempt.ensure_refused()
    tell(mended)
    attempt.ensure_taken()


@pytest.mark.postgres
def test_while_postgresql_is_frozen_health_is_answered(
    on_postgres: Served, postgres: PostgresServer
) -> None:
    """It takes connections, and answers nothing: no error ever comes."""
    person = Person(on_postgres.port)
    wait_for_readiness(person, 200)
    server = int((postgres.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    frozen = [server, *descendants(server)]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_for_readiness(person, 503)
        assert [person.get("/readyz").status for _ in range(3)] == [503] * 3
        assert person.get("/livez").status == 200
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    wait_for_readiness(person, 200)


def test_s22_wrong_passwords_are_counted_across_processes(
    console: Served, both_ports: tuple[int, int]
) -> None:
    """Two servers on one database, each with a worker of its own."""
    person = Person(console.port)
    statuses = []
    for number in range(6):
        person.move_to(both_ports[number % 2])
        statuses.append(person.sign_in("viewer", f"wrong {number}").status)
    assert statuses == [403, 403, 403, 403, 403, 429]
    assert len(set(console.workers()[-6:])) == 2  # a form for each attempt
    for port in both_ports:
        assert Person(port).sign_in("viewer", console.password).status == 429
        # nobody else is locked
        assert Person(port).sign_in("auditor", console.password).status == 302


def test_s27_a_sign_out_counts_in_every_process_at_once(
    console: Served, both_ports: tuple[int, int]
) -> None:
    person = console.person("auditor")
    for port in both_ports:
        person.move_to(port)
        assert person.get("/audit").status == 200
    stolen = dict(person.cookies())
    assert person.post("/sign-out", {}).status == 302
    for port in both_ports:
        thief = Person(port, stolen)
        assert thief.get("/audit").headers["Location"] == "/sign-in?next=/audit"


@pytest.mark.usefixtures("both_ports")
def test_s15_a_body_is_refused_by_its_length_before_it_is_sent(console: Served) -> None:
    answer = Person(console.port).announce(EDIT, 10**10)
    assert answer.status == 413
    assert "larger than a secret can be" in answer.text


@pytest.mark.usefixtures("both_ports")
def test_s50_s87_the_server_adds_no_version_and_takes_no_header_away(console: Served) -> None:
    person = console.person("auditor")
    answers = [
        person.get(path)
        for path in ("/livez", "/readyz", "/audit", "/none/at/all", "/audit/export.csv")
    ]
    assert [answer.status for answer in answers] == [200, 200, 200, 404, 200]
    for answer in answers:
        assert answer.headers["Server"] == "gunicorn"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def _shown(pid: int, name: str) -> str:
    """A file of a process in /proc; "" where only root could read it."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
    except PermissionError:
        return ""


@pytest.mark.usefixtures("both_ports")
def test_s105_server_worker_and_commands_leave_no_core_file_and_show_no_key(
    console: Served,
) -> None:
    console.person().get("/livez")
    worker = console.workers()[-1]
    [server] = map(int, re.findall(r"^PPid:\t(\d+)$", _shown(worker, "status"), re.MULTILINE))
    children = [int(pid) for pid in _shown(server, f"task/{server}/children").split()]
    assert worker in children
    assert len(children) > 1  # settle_audit is beside it

    def wide_open() -> list[object]:
        limits = [
            re.search(r"^Max core file size +0 ", _shown(pid, "limits"), re.MULTILINE)
            for pid in (server, *children)
        ]
        keys = [
            pid
            for pid in children
            for name in KEYS
            if console.environ[name] in _shown(pid, "environ")
        ]
        return [*keys, *(limit for limit in limits if limit is None)]

    # The command beside the server may just be starting.
    for _ in range(100):
        if not wide_open():
            break
        time.sleep(0.2)
    assert wide_open() == []
    files = [*console.folder.glob("db.sqlite3*")]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def _held(pid: int, values: list[str]) -> list[str]:
    """The values that stand anywhere in the memory of a process, freed memory included."""
    held = set()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in _shown(pid, "maps").splitlines():
            place, rights, *_ = line.split()
            first, end = (int(address, 16) for address in place.split("-"))
            if rights.startswith("rw"):
                memory.seek(first)
                with suppress(OSError):
                    text = memory.read(end - first)
                    held |= {value for value in values if value.encode() in text}
    return sorted(held)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can read the memory of a worker")
@pytest.mark.usefixtures("both_ports")
def test_s105_a_worker_soon_forgets_what_was_typed_stored_and_shown(console: Served) -> None:
    editor, secret, values = console.person("editor"), "miyabi/dev/config", []
    for number in range(8):
        values.append(make_plain_canary())
        form = key_form(console.current("dev", secret), (f"KEY{number}", "set", values[-1]))
        for step in ("review", "save"):
            sent = editor.post(f"/dev/edit/{secret}", {**form, "step": step}, **SCRIPT)
            assert sent.status == 200, sent.text
        asked = {"key": f"KEY{number}", "version": console.current("dev", secret), "to": "screen"}
        answer = editor.post(f"/dev/reveal/{secret}", {**asked, "reason": "a test"}, **SCRIPT)
        assert values[-1] in answer.text
        values.append(make_plain_canary())
        late = key_form("0" * 32, ("KEY", "set", values[-1]))
        assert editor.post(f"/dev/edit/{secret}", late, **SCRIPT).status == 409
    worker = console.workers()[-1]

    # What is in circles of references waits for the collection after the last form.
    for _ in range(100):
        if not _held(worker, values):
            break
        time.sleep(0.2)
    assert _held(worker, values) == []
