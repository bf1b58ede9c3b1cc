"""Fixtures for tests with real processes.

Databases on SQLite and PostgreSQL, consoles, and a proxy before the local AWS.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.demo.account import assume
from deploy.demo.github import GitHub
from deploy.demo.local_aws import LocalAws
from secrets_ui.domain.environment import Environment, Rules
from testkit import postgres as postgresql
from testkit import warm
from testkit.aws_proxy import AwsProxy
from tests.conftest import as_toml, fresh_environments
from tests.processes.consoles import Console, Consoles, Worker
from tests.processes.outside import Aws, make_key


@pytest.fixture(scope="session")
def places() -> dict[str, Environment]:
    """dev saves at once; staging asks for a second person."""
    return fresh_environments(dev=Rules(), staging=Rules(second_person=True, emergency=True))


@pytest.fixture(scope="session")
def environments_file(
    places: dict[str, Environment], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("consoles") / "environments.toml"
    path.write_text(as_toml(places), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def dev(local_aws: LocalAws, places: dict[str, Environment]) -> Aws:
    clients = assume(local_aws.endpoint, places["dev"])
    make_key(clients, places["dev"])
    return Aws(places["dev"], clients.secretsmanager)


@pytest.fixture(scope="session")
def staging(local_aws: LocalAws, places: dict[str, Environment]) -> Aws:
    return Aws(places["staging"], assume(local_aws.endpoint, places["staging"]).secretsmanager)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.PostgresServer]:
    programs = postgresql.find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here (no initdb), so only SQLite is tested.")
    with postgresql.running(programs) as server:
        server.client("createdb", "migrated")
        migrate(server.url("migrated"))
        yield server


def migrate(url: str) -> None:
    ended = warm.run(["manage.py", "migrate"], {**os.environ, "DATABASE_URL": url})
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="session")
def sqlite_copy(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    def make() -> str:
        path = tmp_path_factory.mktemp("database") / "db.sqlite3"
        shutil.copy(migrated_sqlite, path)
        return f"sqlite:///{path}"

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of the test's own."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_copy")())
    return str(request.getfixturevalue("postgres").new_database())


Start = Callable[..., Console]


@pytest.fixture(scope="session")
def idle() -> Iterator[list[Console]]:
    """Consoles that wait for another test: one that starts makes its clients to AWS anew."""
    consoles: list[Console] = []
    yield consoles
    for console in consoles:
        console.end()


@pytest.fixture(scope="module")
def start(
    environments_file: Path,
    local_aws: LocalAws,
    tmp_path_factory: pytest.TempPathFactory,
    idle: list[Console],
) -> Iterator[Start]:
    """Starts console processes on a database; several at once with `start_all`."""
    started: list[Console] = []

    def begin(database: str, *, endpoint: str = "", wait: bool = True, **more: str) -> Console:
        is_common = not (endpoint or more)
        if is_common and idle:
            console = idle.pop()
            console.begin_anew(database)
        else:
            console = make(database, endpoint, more, idle if is_common else None)
        started.append(console)
        return console.wait_until_ready() if wait else console

    def make(
        database: str, endpoint: str, more: dict[str, str], idle: list[Console] | None
    ) -> Console:
        environ = {
            "DATABASE_URL": database,
            "ENVIRONMENTS_FILE": str(environments_file),
            "LOCAL_AWS_ENDPOINT": endpoint or local_aws.endpoint,
            "WRITES_PER_MINUTE": "100000",
            **more,
        }
        return Console(environ, tmp_path_factory.mktemp("console") / "log", idle)

    yield begin
    for console in started:
        console.stop()


@pytest.fixture(scope="module")
def pair(start: Start, sqlite_copy: Callable[[], str]) -> tuple[Console, Console]:
    """Two console processes on one database."""
    database = sqlite_copy()
    one, other = start(database, wait=False), start(database, wait=False)
    return one.wait_until_ready(), other.wait_until_ready()


@pytest.fixture
def start_all(start: Start) -> Iterator[Callable[[str, int], list[Console]]]:
    """So many consoles on one database, side by side."""
    begun: list[Console] = []

    def begin(database: str, count: int) -> list[Console]:
        consoles = [start(database, wait=False) for _ in range(count)]
        begun.extend(consoles)
        return [console.wait_until_ready() for console in consoles]

    yield begin
    for console in begun:
        console.stop()


@pytest.fixture(scope="module")
def proxy(local_aws: LocalAws) -> Iterator[AwsProxy]:
    with AwsProxy(local_aws.endpoint) as running:
        yield running


@pytest.fixture(scope="module")
def consoles(
    start: Start, sqlite_copy: Callable[[], str], proxy: AwsProxy, one_github: GitHub
) -> Consoles:
    database, tried = sqlite_copy(), one_github.environ()
    hook = {"STATUS_WEBHOOK_URL": "https://hooks.miyabi-world.com/x"}
    mortal, steady = (
        start(database, endpoint=proxy.endpoint, wait=False, **tried),
        start(database, wait=False, **hook, **tried),
    )
    mortal.wait_until_ready().ask("make_clients")
    return Consoles(mortal, steady.wait_until_ready(), proxy)


@pytest.fixture(scope="module")
def start_script(
    local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Aws], Worker]]:
    workers: list[Worker] = []

    def begin(aws: Aws) -> Worker:
        place = aws.environment
        arguments = [local_aws.endpoint, place.region, place.assume_role]
        command = ["-m", "tests.processes.outside_writer", *arguments]
        workers.append(Worker(command, {}, Path(tmp_path_factory.mktemp("script") / "log")))
        return workers[-1].wait_until_ready()

    yield begin
    for worker in workers:
        worker.stop()


@pytest.fixture(scope="module")
def script(start_script: Callable[[Aws], Worker], dev: Aws) -> Worker:
    return start_script(dev)
