"""Fixtures for all tests: a local AWS for each worker, a fresh estate in accounts of its own, people with roles."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from deploy.demo.account import Account
from deploy.demo.estate import build_estate
from deploy.demo.local_aws import LocalAws
from secrets_ui.domain.environment import Environment, Rules
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import RoleGrant
from secrets_ui.services import aws_access, configuration
from testkit.estate import TOML, make_secrets
from testkit.fake_aws import FakeAws
from testkit.recording_aws import RecordingAws

# Time is no property of what is tested: the machine may be busy.
hypothesis.settings.register_profile(
    "miyabi", deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
# For make mutants, which runs the same tests some thousand times and must find the same each time.
hypothesis.settings.register_profile(
    "mutants", hypothesis.settings.get_profile("miyabi"), max_examples=25, derandomize=True
)
hypothesis.settings.load_profile("miyabi")


# Whole files go to whichever worker is free: the rooms of the long ones come first, so that none is left alone at the end.
LONG_FIRST = ("terraform", "processes", "browser", "deploy", "benchmarks", "security")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        room = item.path.relative_to(here).parts[0]
        return LONG_FIRST.index(room) if room in LONG_FIRST else len(LONG_FIRST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """One local AWS for each worker process; tests keep apart by accounts."""
    with LocalAws.start() as aws:
        yield aws


def fresh_environments(**rules: Rules) -> dict[str, Environment]:
    """dev, staging and prod, each in an account that no other test has, in whatever process."""
    environments = {}
    for name in ("dev", "staging", "prod"):
        account = f"{secrets.randbelow(10**12):012d}"
        default = Rules(reason_required=True, type_the_name=True) if name == "prod" else Rules()
        environments[name] = Environment(
            name,
            "us-west-2",
            account,
            f"miyabi/{name}/",
            f"arn:aws:iam::{account}:role/miyabi-console",
            rules=rules.get(name, default),
        )
    return environments


def as_toml(environments: dict[str, Environment]) -> str:
    lines = []
    for name, place in environments.items():
        lines += [f"[environments.{name}]"]
        lines += [
            f'{key} = "{getattr(place, key)}"'
            for key in ("region", "account", "prefix", "assume_role", "kms_alias")
        ]
        lines += [f"[environments.{name}.rules]"]
        lines += [f"{key} = {str(value).lower()}" for key, value in vars(place.rules).items()]
        lines += [f"[environments.{name}.groups]"]
        lines += [
            f"{json.dumps(group)} = {json.dumps(list(roles))}" for group, roles in place.groups
        ]
    return "\n".join(lines)


class Estate:
    """Environments that were built in the local AWS, and the console set up to look at them."""

    def __init__(
        self, endpoint: str, environments: dict[str, Environment], accounts: dict[str, Account]
    ) -> None:
        self.endpoint, self.environments, self.accounts = endpoint, environments, accounts

    def __getitem__(self, name: str) -> Account:
        return self.accounts[name]

    def value(self, environment: str, secret: str) -> str:
        """The current value, as AWS has it."""
        name = self.environments[environment].prefix + secret
        return self.accounts[environment].clients.secretsmanager.get_secret_value(SecretId=name)[
            "SecretString"
        ]


@pytest.fixture
def make_estate(local_aws: LocalAws, settings: Any, tmp_path: Path) -> Callable[..., Estate]:
    """Builds an estate in accounts of its own and points the console at it."""

    def make(
        *, clean: bool = True, extra_secrets: int = 0, only: tuple[str, ...] = (), **rules: Rules
    ) -> Estate:
        environments = fresh_environments(**rules)
        wanted = {name: place for name, place in environments.items() if not only or name in only}
        accounts = build_estate(
            local_aws.endpoint, environments=wanted, clean=clean, extra_secrets=extra_secrets
        )
        path = tmp_path / "environments.toml"
        path.write_text(as_toml(environments), encoding="utf-8")
        settings.ENVIRONMENTS_FILE, settings.LOCAL_AWS_ENDPOINT = path, local_aws.endpoint
        forget_configuration()
        return Estate(local_aws.endpoint, environments, accounts)

    return make


@pytest.fixture
def estate(make_estate: Callable[..., Estate]) -> Estate:
    """dev, staging and prod without flaws."""
    return make_estate()


@pytest.fixture(scope="session")
def one_recorder(local_aws: LocalAws) -> Iterator[RecordingAws]:
    """One for each worker process: at a new endpoint the console would make its clients anew."""
    with RecordingAws(local_aws.endpoint) as aws:
        yield aws


@pytest.fixture
def recorder(one_recorder: RecordingAws, settings: Any) -> RecordingAws:
    """The console's calls go through it from here on; it records them, and breaks those that it is told to."""
    one_recorder.begin_anew()
    settings.LOCAL_AWS_ENDPOINT = one_recorder.endpoint
    return one_recorder


@pytest.fixture
def watched(
    make_estate: Callable[..., Estate], recorder: RecordingAws, settings: Any
) -> Callable[..., tuple[Estate, RecordingAws]]:
    """Builds an estate as make_estate does; the console's calls then go through the recorder."""

    def make(**options: Any) -> tuple[Estate, RecordingAws]:
        estate = make_estate(**options)
        settings.LOCAL_AWS_ENDPOINT = recorder.endpoint
        recorder.begin_anew()
        return estate, recorder

    return make


@pytest.fixture
def counting_aws(settings: Any, tmp_path: Path) -> Iterator[FakeAws]:
    """The endpoint of the benchmarks, with their estate (30 secrets in prod); its `secrets` counts calls by person."""
    path = tmp_path / "environments.toml"
    path.write_text(TOML, encoding="utf-8")
    with FakeAws(make_secrets(prod=30)).running() as aws:
        settings.ENVIRONMENTS_FILE, settings.LOCAL_AWS_ENDPOINT = path, aws.endpoint
        forget_configuration()
        yield aws


@pytest.fixture(autouse=True)
def no_runner_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that the status page starts would have another database than the test."""
    monkeypatch.setattr("secrets_ui.views.status.pages._start_one_pass", lambda: None)


@pytest.fixture(autouse=True)
def forget_afterwards() -> Iterator[None]:
    yield
    forget_configuration()


def forget_configuration() -> None:
    configuration.environments.cache_clear()
    configuration.catalog.cache_clear()


def with_its_own_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """The console makes its clients anew for this test, and what the test does to them is gone with it."""
    monkeypatch.setattr(aws_access, "sessions_at", cache(aws_access.AwsSessions))


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """Makes an account with one role, in every environment or in those named."""

    def make(role: str, *environments: str, name: str = "") -> Any:
        user = get_user_model().objects.create_user(name or f"{role}-{secrets.token_hex(3)}")
        for environment in environments or ("dev", "staging", "prod"):
            RoleGrant.objects.create(user=user, environment=environment, role=role)
        return user

    return make


@pytest.fixture
def signed_in(person: Callable[..., Any]) -> Callable[..., Client]:
    """A client with a session of a person with one role; the person is its `user`."""

    def make(role: str, *environments: str, name: str = "") -> Client:
        return client_of(person(role, *environments, name=name))

    return make


def client_of(user: Any, *, proved: bool = True, **options: Any) -> Client:
    """A client with a session of `user`, who has just proved who they are unless `proved` is False."""
    client = Client(**options)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["started"] = session["seen"] = int(time.time())
    if proved:
        session["proved_at"] = session["started"]
    session.save()
    client.user = user  # type: ignore[attr-defined]
    return client


@pytest.fixture
def hana() -> Actor:
    return Actor("hana", "192.0.2.7")


@pytest.fixture
def canary() -> str:
    """A value that nothing else contains."""
    return f"canary-{secrets.token_hex(16)}"
