"""A shell, and people to act as."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import MakeEstate
from tests.management.shell import Shell

NAME = "miyabi/dev/storied"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(monkeypatch)


@pytest.fixture
def editor(person: Callable[..., Any]) -> str:
    """The name of an account that edits everywhere."""
    return str(person("editor", name="hana").get_username())


@pytest.fixture
def viewer(person: Callable[..., Any]) -> str:
    return str(person("viewer", name="vera").get_username())


@pytest.fixture
def client(make_estate: MakeEstate) -> Any:
    """Secrets Manager of dev, with a secret of two versions."""
    client = make_estate(only=("dev",))["dev"].clients.secretsmanager
    client.create_secret(Name=NAME, SecretString='{"A": "one", "B": "same"}')
    client.put_secret_value(SecretId=NAME, SecretString='{"A": "two", "B": "same", "C": "new"}')
    return client
