"""Bad input is told, which and why, before anything is asked of AWS."""

import json
from typing import Any

import pytest

from core import _environ, _names
from core._value import SecretValue
from core.secrets import InvalidInput, get_secret, load_secrets_to_env
from deploy.demo.estate import CATALOG_FILE
from tests.deploy.loader.conftest import Stored
from tests.deploy.loader.front import Front


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"environment": "production"},
            "environment: expected one of dev, staging, prod, got 'production'. "
            "Nothing was loaded.",
        ),
        ({"environment": "Prod"}, "got 'Prod'"),
        ({"environment": ""}, "got ''"),
        ({"environment": None}, "got NoneType"),
        ({"environment": ["prod"]}, "got list"),
        (
            {"project_name": ""},
            "project_name: expected letters, digits, hyphens and underscores, got ''.",
        ),
        ({"project_name": "miyabi/prod"}, "got 'miyabi/prod'"),
        ({"project_name": "a b"}, "got 'a b'"),
        ({"project_name": "ミヤビ"}, "got 'ミヤビ'"),
        ({"project_name": None}, "got NoneType"),
        ({"project_name": "a" * 65}, "project_name: expected"),
        (
            {"required": "GITHUB_TOKEN"},
            "required: expected a list, tuple or set of key names, got 'GITHUB_TOKEN'.",
        ),
        ({"required": [1]}, "required: expected"),
        ({"required": None}, "required: expected"),
        (
            {"account_id": 111122223333},
            "account_id: expected the 12 digits of an AWS account as text, got int.",
        ),
        ({"account_id": "1111-2222-3333"}, "account_id: expected"),
        ({"max_age": -1}, "max_age: expected seconds, a number from 0, or None"),
        ({"max_age": "300"}, "max_age: expected"),
        ({"max_age": float("nan")}, "max_age: expected"),
        ({"timeout": 0}, "timeout: expected seconds, a number above 0, got 0."),
        ({"timeout": "5"}, "timeout: expected"),
        ({"timeout": True}, "timeout: expected"),
        (
            {"context": {}},
            "context: expected the context that Lambda hands to the handler, got dict.",
        ),
    ],
)
def test_a_wrong_argument_is_told(front: Front, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_secrets_to_env(**{"project_name": "miyabi", "environment": "prod"} | arguments)
    assert words in str(caught.value)
    assert front.connections == 0


def test_a_wrong_environment_is_told_on_a_developer_s_machine_too() -> None:
    with pytest.raises(InvalidInput, match="expected one of dev, staging, prod"):
        load_secrets_to_env("miyabi", "live")


@pytest.mark.parametrize(
    "secret_id", ["", "a b", "a\nb", "ひみつ", "a" * 2049, None, 5, ["miyabi"]]
)
def test_a_wrong_secret_id_is_told(front: Front, secret_id: Any) -> None:
    with pytest.raises(InvalidInput, match="secret_id: expected a secret's name or ARN"):
        get_secret(secret_id)
    assert front.connections == 0


@pytest.mark.parametrize("key", [5, ["GITHUB_TOKEN"], b"GITHUB_TOKEN"])
def test_a_wrong_key_is_told_of_a_held_secret_too(front: Front, stored: Stored, key: Any) -> None:
    get_secret(stored.config)
    with pytest.raises(InvalidInput, match="key: expected"):
        get_secret(stored.config, key)


@pytest.mark.parametrize("max_age", [-1, "300", float("nan"), []])
def test_a_wrong_maximum_age_is_told_of_a_held_secret_too(
    front: Front, stored: Stored, max_age: Any
) -> None:
    get_secret(stored.config)
    with pytest.raises(InvalidInput, match="max_age: expected"):
        get_secret(stored.config, max_age=max_age)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "MIYABI_SECRETS_ROUTE",
            "http",
            "MIYABI_SECRETS_ROUTE: "
            "expected one of auto, https, batch, boto3, extension, got 'http'.",
        ),
        (
            "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT",
            "none",
            "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: expected a port, 1 to 65535, got 'none'.",
        ),
        ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "65536", "expected a port"),
        ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "²", "expected a port"),
    ],
)
def test_a_wrong_setting_is_told(
    front: Front, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    if name != "MIYABI_SECRETS_ROUTE":
        monkeypatch.setenv("MIYABI_SECRETS_ROUTE", "extension")
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput) as caught:
        load_secrets_to_env("miyabi", "prod")
    assert words in str(caught.value)
    assert front.connections == 0


def test_the_loader_knows_the_catalogue_s_environments_and_secrets_and_every_key_is_fit_for_it() -> (  # noqa: E501
    None
):
    catalogue = json.loads(CATALOG_FILE.read_text())
    assert set(catalogue["environments"]) == set(_names.ENVIRONMENTS)
    assert tuple(catalogue["secrets"]) == _names.SECRETS
    for name, secret in catalogue["secrets"].items():
        text = json.dumps(dict.fromkeys(secret["keys"], "value"))
        _environ.ensure_fit(SecretValue(name, {"SecretString": text}))
