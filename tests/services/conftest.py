"""Fixtures for the services: a console in this process, and a proxy before the local AWS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.account import assume
from deploy.demo.local_aws import LocalAws
from secrets_ui.domain.environment import Environment, Rules
from testkit.aws_proxy import AwsProxy
from tests.conftest import as_toml, forget_configuration, fresh_environments
from tests.processes.outside import Aws, make_key


@pytest.fixture(scope="module")
def proxy_of_module(local_aws: LocalAws) -> Iterator[AwsProxy]:
    """A client has a quota of retries, which failures of other files would have used up."""
    with AwsProxy(local_aws.endpoint) as running:
        yield running


@pytest.fixture
def proxy(proxy_of_module: AwsProxy) -> AwsProxy:
    proxy_of_module.reset()
    return proxy_of_module


@pytest.fixture(scope="session")
def accounts() -> dict[str, Environment]:
    """One set for all tests: each makes secrets of its own.

    dev saves at once, staging asks for a second person and has emergencies, prod for a reason.
    """
    return fresh_environments(staging=Rules(second_person=True, emergency=True))


@pytest.fixture(scope="session")
def clients(local_aws: LocalAws, accounts: dict[str, Environment]) -> dict[str, Aws]:
    """Each account as seen from outside the console, past the proxy."""
    found = {name: assume(local_aws.endpoint, place) for name, place in accounts.items()}
    for name, place in accounts.items():
        make_key(found[name], place)
    return {name: Aws(accounts[name], clients.secretsmanager) for name, clients in found.items()}


@pytest.fixture
def console(
    proxy: AwsProxy, accounts: dict[str, Environment], settings: Any, tmp_path: Path
) -> None:
    """Points the console of this process at the accounts, through the proxy."""
    path = tmp_path / "environments.toml"
    path.write_text(as_toml(accounts), encoding="utf-8")
    settings.ENVIRONMENTS_FILE, settings.LOCAL_AWS_ENDPOINT = path, proxy.endpoint
    forget_configuration()


@pytest.fixture
def dev(clients: dict[str, Aws], console: None) -> Aws:
    return clients["dev"]


@pytest.fixture
def staging(clients: dict[str, Aws], console: None) -> Aws:
    return clients["staging"]


@pytest.fixture
def prod(clients: dict[str, Aws], console: None) -> Aws:
    return clients["prod"]
