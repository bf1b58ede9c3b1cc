"""Gateways for the tests of aws: to the local AWS, and to a fake that fails on request."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config

from deploy.demo.local_aws import LocalAws
from deploy.demo.signed_client import SignedClient
from secrets_ui.aws import session
from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.environment import Environment
from tests.aws.fake_aws import FakeAws, serve_fake_aws
from tests.conftest import fresh_environments


@pytest.fixture
def environment() -> Environment:
    """dev, in an account that no other test has."""
    return fresh_environments()["dev"]


@pytest.fixture(scope="session")
def local_sessions(local_aws: LocalAws) -> AwsSessions:
    return AwsSessions(local_aws.endpoint)


@pytest.fixture
def gateway(local_sessions: AwsSessions, environment: Environment) -> SecretsManagerGateway:
    """To the local AWS, in hana's name."""
    return SecretsManagerGateway(local_sessions.caller(environment, "hana"))


@pytest.fixture
def boto(local_sessions: AwsSessions, environment: Environment) -> Any:
    """A plain client of the same account: somebody outside the console."""
    return SignedClient(local_sessions.caller(environment, "outsider"), "secretsmanager")


@pytest.fixture
def make_secret(boto: Any, environment: Environment) -> Callable[..., str]:
    """Makes a secret under the environment's prefix; returns its full name."""

    def make(value: str | bytes | None = '{"KEY": "old"}', name: str = "", **more: Any) -> str:
        name = environment.prefix + (name or secrets.token_hex(4))
        content = (
            {}
            if value is None
            else {"SecretString" if isinstance(value, str) else "SecretBinary": value}
        )
        boto.create_secret(Name=name, **content, **more)
        return name

    return make


@pytest.fixture(scope="session")
def fake_server() -> Iterator[tuple[FakeAws, AwsSessions]]:
    with serve_fake_aws() as fake:
        yield fake, AwsSessions(fake.endpoint)


@pytest.fixture
def fake_aws(fake_server: tuple[FakeAws, AwsSessions]) -> FakeAws:
    """As if newly started."""
    fake, fresh = fake_server[0], FakeAws()
    fake.answer, fake.assume, fake.requests = fresh.answer, fresh.assume, []
    return fake


@pytest.fixture
def fake_sessions(fake_aws: FakeAws, fake_server: tuple[FakeAws, AwsSessions]) -> AwsSessions:
    return fake_server[1]


@pytest.fixture
def fake_gateway(fake_sessions: AwsSessions, environment: Environment) -> SecretsManagerGateway:
    """To the fake, in hana's name."""
    return SecretsManagerGateway(fake_sessions.caller(environment, "hana"))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs and no retries, for what waits for an answer."""
    short = Config(
        connect_timeout=0.3, read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": 1}
    )
    monkeypatch.setattr(session, "_CONFIG", session._CONFIG.merge(short))
