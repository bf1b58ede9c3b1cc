"""Fixtures for all tests: a local AWS for each worker, fresh estates, and people with roles."""

import gc
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from functools import cache
from pathlib import Path
from typing import Any

import botocore.retries.standard
import botocore.session
import hypothesis
import pytest
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import update_last_login
from django.db import connection
from django.test import Client

from deploy.demo.github import GitHub
from secrets_ui.domain.environment import Rules
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import RoleGrant
from secrets_ui.services import aws_access, configuration
from secrets_ui.services.people import hashing
from secrets_ui.services.people.session_store import SessionStore
from secrets_ui.services.status import readiness
from secrets_ui.views.status import pages as status_pages
from testkit import static_files
from testkit.copying_aws import CopyingAws
from testkit.environments import Estate as Estate
from testkit.environments import as_toml as as_toml
from testkit.environments import fresh_environments as fresh_environments
from testkit.estate import TOML, make_secrets
from testkit.fake_aws import FakeAws
from testkit.hashing import QuickArgon2Hasher
from testkit.recording_aws import RecordingAws

# Time is no property of what is tested: the machine may be busy.
hypothesis.settings.register_profile(
    "miyabi", deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
# For make quick: a small part of the processor's time, at every change; make test tries them all.
hypothesis.settings.register_profile(
    "quick", hypothesis.settings.get_profile("miyabi"), max_examples=8
)
# For make mutants, which runs the same tests some thousand times and must find the same each time.
# A failure is enough for it: its smallest example would take seconds.
hypothesis.settings.register_profile(
    "mutants",
    hypothesis.settings.get_profile("miyabi"),
    max_examples=25,
    derandomize=True,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
)
hypothesis.settings.load_profile("miyabi")

# The deployed cost of a password, 46 MiB and 50 ms of the processor, would be a good part of all
# that the tests without processes take. tests/security/test_identity.py holds it.
DEPLOYED_HASHERS = tuple(django_settings.PASSWORD_HASHERS)
django_settings.PASSWORD_HASHERS = [
    f"{QuickArgon2Hasher.__module__}.{QuickArgon2Hasher.__name__}",
    *DEPLOYED_HASHERS[1:],
]


# All that a web session may hold: who it is, and since when.
SESSION_KEYS = {SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY, "started", "seen", "proved_at"}

# What the fixtures of these names make.
MakeEstate = Callable[..., Estate]
SignedIn = Callable[..., Client]
Watched = Callable[..., tuple[Estate, RecordingAws]]

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"

# Folders with long files come first, so that none is left alone at the end.
LONG_FIRST = ("browser", "terraform", "processes", "benchmarks", "deploy", "security")

# botocore reads a service's model, some megabytes of JSON, once for each session. Many tests make a
# session, or point the console at a new endpoint, which makes one: here all share one reader.
botocore.session.create_loader = cache(botocore.session.create_loader)
# Before it sends a call again it waits for up to a second, and then for two.
backoff: Any = botocore.retries.standard.ExponentialBackoff
backoff.delay_amount = lambda *_: 0.0
static_files.look_once()

# What `make quick` leaves out, by folder. Elsewhere a test that needs one of these bears its mark,
# or has it from the fixture `local_aws`.
MARKS = {
    "browser": pytest.mark.browser,
    "processes": pytest.mark.processes,
    "benchmarks": pytest.mark.processes,
    "terraform": pytest.mark.terraform,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent

    def folder(item: pytest.Item) -> str:
        return item.path.relative_to(here).parts[0]

    for item in items:
        if folder(item) in MARKS:
            item.add_marker(MARKS[folder(item)])
        if "local_aws" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.local_aws)
    order = {name: number for number, name in enumerate(LONG_FIRST)}
    items.sort(key=lambda item: order.get(folder(item), len(order)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from testkit.scheduling import ByFileOrFolder  # not everybody who runs these tests has xdist

    return ByFileOrFolder(config, log)


def pytest_collection_finish() -> None:
    """What was collected stays to the end; only what tests leave behind is looked through."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def places_of_hashes(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each run has new keys, and its folder of places would stay in shared memory for ever."""
    hashing.SHARED_MEMORY = tmp_path_factory.mktemp("shared_memory")


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix(
    django_db_modify_db_settings_xdist_suffix: None,
) -> None:
    """Each worker's SQLite is in its own memory, as that of a run without workers.

    pytest-django knows that of Django's engine alone, and would put ours into files here.
    """
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = None


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What holds for every test. It is one fixture, since each costs every test something."""
    # Another thread would not see what a test has not committed.
    here = readiness.Readiness(readiness.look_at_audit_log, lambda run: run(), fresh=-1)
    monkeypatch.setattr(readiness, "audit_log", here)
    # A process that the status page starts would have another database than the test.
    monkeypatch.setattr(status_pages, "_start_one_pass", lambda: None)
    yield
    forget_configuration()


@pytest.fixture(scope="session")
def local_aws() -> Iterator[CopyingAws]:
    """One local AWS for each worker process; tests keep apart by accounts."""
    with CopyingAws.start() as aws:
        yield aws


@pytest.fixture
def make_estate(local_aws: CopyingAws, settings: Any, tmp_path: Path) -> MakeEstate:
    """Builds an estate in accounts of its own and points the console at it."""

    def make(
        *, clean: bool = True, extra_secrets: int = 0, only: tuple[str, ...] = (), **rules: Rules
    ) -> Estate:
        environments = fresh_environments(**rules)
        wanted = {name: environments[name] for name in only or environments}
        accounts = local_aws.build_estate(wanted, clean=clean, extra_secrets=extra_secrets)
        path = tmp_path / "environments.toml"
        path.write_text(as_toml(environments), encoding="utf-8")
        settings.ENVIRONMENTS_FILE, settings.LOCAL_AWS_ENDPOINT = path, local_aws.endpoint
        forget_configuration()
        return Estate(local_aws.endpoint, environments, accounts)

    return make


@pytest.fixture
def estate(make_estate: MakeEstate) -> Estate:
    """dev, staging and prod without flaws."""
    return make_estate()


@pytest.fixture
def dev(make_estate: MakeEstate) -> Estate:
    return make_estate(only=("dev",))


@pytest.fixture(scope="session")
def one_recorder(local_aws: CopyingAws) -> Iterator[RecordingAws]:
    """One for each worker process: at a new endpoint the console would make its clients anew."""
    with RecordingAws(local_aws.endpoint) as aws:
        yield aws


@pytest.fixture
def recorder(one_recorder: RecordingAws, settings: Any) -> Iterator[RecordingAws]:
    """A proxy that the console's calls go through.

    It records them, and breaks those a test names.
    """
    one_recorder.begin_anew()
    settings.LOCAL_AWS_ENDPOINT = one_recorder.endpoint
    yield one_recorder
    one_recorder.begin_anew()  # whoever waits for a late answer goes on
    finish_calls()


def finish_calls() -> None:
    """Waits for calls that a page left on their way, as one does that AWS refused something: they
    would be recorded for the next test. Each thread that makes calls comes to a barrier.
    """
    pool = aws_access._POOL
    together = threading.Barrier(pool._max_workers)
    wait([pool.submit(together.wait) for _ in range(pool._max_workers)])


@pytest.fixture
def watched(make_estate: MakeEstate, recorder: RecordingAws, settings: Any) -> Watched:
    """Builds an estate as make_estate does; the console's calls then go through the recorder."""

    def make(**options: Any) -> tuple[Estate, RecordingAws]:
        estate = make_estate(**options)
        settings.LOCAL_AWS_ENDPOINT = recorder.endpoint
        recorder.begin_anew()
        return estate, recorder

    return make


@pytest.fixture(scope="session")
def one_github() -> Iterator[GitHub]:
    with GitHub().running() as github:
        yield github


@pytest.fixture
def github(one_github: GitHub, settings: Any) -> GitHub:
    """A small GitHub that knows nothing yet; the console tries values there."""
    for known in (one_github.tokens, one_github.apps, one_github.log):
        known.clear()
    one_github.wrong = ""
    settings.CREDENTIAL_CHECKS, settings.GITHUB_API_URL = True, one_github.address
    return one_github


@pytest.fixture
def counting_aws(settings: Any, tmp_path: Path) -> Iterator[FakeAws]:
    """The benchmarks' endpoint, with 30 secrets in prod; `secrets` counts its calls by person."""
    path = tmp_path / "environments.toml"
    path.write_text(TOML, encoding="utf-8")
    with FakeAws(make_secrets(prod=30)).running() as aws:
        settings.ENVIRONMENTS_FILE, settings.LOCAL_AWS_ENDPOINT = path, aws.endpoint
        forget_configuration()
        yield aws


def forget_configuration() -> None:
    configuration.environments.cache_clear()
    configuration.catalog.cache_clear()


def with_its_own_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """The console makes new clients for this test; what the test does to them ends with it."""
    monkeypatch.setattr(aws_access, "sessions_at", cache(aws_access.AwsSessions))


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """Makes an account with one role, in every environment or in those named."""

    def make(role: str, *environments: str, name: str = "") -> Any:
        user = get_user_model().objects.create_user(name or f"{role}-{secrets.token_hex(3)}")
        places = environments or ("dev", "staging", "prod")
        RoleGrant.objects.bulk_create(
            RoleGrant(user=user, environment=environment, role=role) for environment in places
        )
        return user

    return make


@pytest.fixture
def signed_in(person: Callable[..., Any]) -> Callable[..., Client]:
    """A client with a session of a person with one role; the person is its `user`."""

    def make(role: str, *environments: str, name: str = "") -> Client:
        return client_of(person(role, *environments, name=name))

    return make


def client_of(user: Any, *, proved: bool = True, **options: Any) -> Client:
    """A client with a web session of `user`, whose identity was just confirmed if `proved`.

    It is as a sign-in leaves it, in three queries. Client.force_login and two changes take eleven.
    """
    session, now = SessionStore(), int(time.time())
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), MODEL_BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["started"] = session["seen"] = now
    if proved:
        session["proved_at"] = now
    session.save()
    update_last_login(None, user)
    client = Client(**options)
    client.cookies[django_settings.SESSION_COOKIE_NAME] = str(session.session_key)
    client.user = user
    return client


@pytest.fixture
def hana() -> Actor:
    return Actor("hana", "192.0.2.7")


@pytest.fixture
def canary() -> str:
    """A value that nothing else contains."""
    return f"canary-{secrets.token_hex(16)}"
