"""No value in a log, a text, an error, or the locals of a traceback."""

import logging
import os
import traceback
from pathlib import Path
from typing import Any

import pytest

from core import _boto, _environ, _loader, _reading, _store, _value
from core import secrets as loader
from testkit.canary import leaks, make_plain_canary
from tests.deploy.loader.conftest import CONFIG, LAMBDA_ENVIRON, Stored
from tests.deploy.loader.front import Front, telling


def result(error: BaseException) -> str:
    """All that a tool may show of an error: text, attributes, chain, locals of its frames."""
    shown = "".join(
        traceback.TracebackException.from_exception(error, capture_locals=True).format()
    )
    ours = [
        block
        for block in shown.split('  File "')
        if "/deploy/lambda/core/" in block.partition("\n")[0]
    ]
    return "".join(
        [
            *ours,
            str(error),
            repr(error),
            repr(vars(error)),
            repr(error.__context__),
            repr(error.__cause__),
        ]
    )


def test_with_every_logger_at_debug_no_value_and_no_credential_is_logged(
    route: str, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    canary = make_plain_canary()
    stored.put(stored.api_keys, {"GITHUB_TOKEN": canary})
    names = [
        "",
        *(
            name
            for name in logging.root.manager.loggerDict
            if not name.startswith(("core", "tests"))
        ),
    ]
    before = {name: logging.getLogger(name).level for name in names}
    try:
        for name in names:
            logging.getLogger(name).setLevel(logging.DEBUG)
        caplog.clear()
        stored.load()
        loader.get_secret(stored.api_keys, "GITHUB_TOKEN")
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
    assert os.environ["GITHUB_TOKEN"] == canary
    assert caplog.messages
    assert leaks(canary, caplog.text) == []
    assert LAMBDA_ENVIRON["AWS_SESSION_TOKEN"] not in caplog.text


def test_a_client_of_one_s_own_logs_no_value_at_debug_either(
    stored: Stored, local_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """botocore logs AWS's answers at DEBUG."""
    canary = make_plain_canary()
    stored.put(stored.config, {"A": canary})
    with caplog.at_level(logging.DEBUG, "botocore"), caplog.at_level(logging.DEBUG, "urllib3"):
        for name in ("botocore.parsers", "botocore.endpoint", "botocore.hooks"):
            logging.getLogger(name)
        read = loader.Loader(local_client).get_secret(stored.config, "A")
    assert read == canary
    assert leaks(canary, caplog.text) == []


@pytest.mark.parametrize(
    "kind", ["not JSON", "a list", "bad key", "null", "missing", "account", "other fails"]
)
def test_no_error_and_no_frame_of_it_shows_a_value(
    route: str, stored: Stored, local_client: Any, kind: str
) -> None:
    canary, other = make_plain_canary(), make_plain_canary()
    stored.put(stored.api_keys, {"GITHUB_TOKEN": other})
    os.environ["OF_THE_FUNCTION"] = canary
    documents: dict[str, Any] = {
        "not JSON": f"{{{canary}",
        "a list": f'["{canary}"]',
        "bad key": {"MY-KEY": canary},
        "null": {"A": canary, "B": None},
    }
    stored.put(stored.config, documents.get(kind, {"A": canary}))
    if kind == "other fails":
        local_client.delete_secret(SecretId=stored.api_keys)
    arguments: dict[str, dict[str, Any]] = {
        "missing": {"required": ["NOPE"]},
        "account": {"account_id": "999999999999"},
    }
    with pytest.raises(loader.SecretsError) as caught:
        stored.load(**arguments.get(kind, {}))
    shown = result(caught.value)
    assert "_all_or_nothing" in shown or "_loader.py" in shown or "_environ" in shown
    for value in (canary, other, LAMBDA_ENVIRON["AWS_SESSION_TOKEN"]):
        assert leaks(value, shown) == []


def test_an_answer_that_is_not_understood_shows_nothing_either(
    front: Front, stored: Stored
) -> None:
    canary = make_plain_canary()
    front.answer(stored.config, telling(f'{{"SecretString": "{canary}"'.encode()))
    with pytest.raises(loader.SecretsError) as caught:
        loader.get_secret(stored.config)
    assert leaks(canary, result(caught.value)) == []


def test_the_keys_of_what_has_none_show_nothing_either(front: Front, stored: Stored) -> None:
    canary = make_plain_canary()
    stored.put(stored.config, canary)
    value = loader.get_secret_value(stored.config)
    with pytest.raises(loader.UnusableSecret) as caught:
        _ = value.keys
    assert leaks(canary, result(caught.value)) == []


def test_a_wrong_argument_that_is_a_value_shows_no_more_than_its_type() -> None:
    canary = make_plain_canary()
    with pytest.raises(loader.InvalidInput) as caught:
        loader.load_secrets_to_env("miyabi", {"GITHUB_TOKEN": canary})
    assert leaks(canary, str(caught.value)) == []


def test_nothing_that_holds_values_prints_them(front: Front, stored: Stored) -> None:
    canary = make_plain_canary()
    stored.put(stored.api_keys, CONFIG | {"GITHUB_TOKEN": canary})
    stored.load()
    keys = loader.get_secret(stored.api_keys)
    held, merged = loader._loader._held, loader._loader._merged
    things = [keys, held, merged, *held.values(), *merged.values(), [keys], {"keys": keys}]
    for shown in (repr(things), str(things), f"{keys}", f"{keys!r}", "%s" % keys, f"{things}"):  # noqa: UP031
        assert leaks(canary, shown) == []
    assert str(keys) == "<keys BASE_URL, MIYABI_REPO_OWNER, GITHUB_TOKEN>"


def test_no_function_of_the_loader_keeps_os_environ_in_a_local_variable() -> None:
    """Its repr is every variable with its value."""
    for module in (loader, _boto, _environ, _loader, _reading, _store, _value):
        assert "environ = os.environ\n" not in Path(str(module.__file__)).read_text()
