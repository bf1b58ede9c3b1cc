"""Text, bytes, versions and several secrets at once; a client of one's own; other Regions."""

import copy
import json
import os
import pickle
import sys
from typing import Any, assert_type

import pytest

from core import _boto, _route
from core import secrets as loader
from core._deadline import Deadline
from core.secrets import SecretValue, get_secret, get_secret_value, get_secret_values
from testkit import tls
from testkit.canary import leaks, make_plain_canary
from tests.deploy.loader.clients import API_KEYS as API_KEYS_ID
from tests.deploy.loader.clients import CONFIG as CONFIG_ID
from tests.deploy.loader.clients import client_of
from tests.deploy.loader.conftest import API_KEYS, CONFIG, Stored
from tests.deploy.loader.front import Front, telling


def test_text_bytes_and_keys_are_read(route: str, stored: Stored, local_client: Any) -> None:
    text, data = f"{stored.project}/text", f"{stored.project}/bytes"
    local_client.create_secret(Name=text, SecretString="-----BEGIN KEY-----\nゆき\n")
    local_client.create_secret(Name=data, SecretBinary=b"\x00\xff\x01")
    values = get_secret_values([text, data, stored.config])
    assert list(values) == [text, data, stored.config]
    assert values[text].secret_string == "-----BEGIN KEY-----\nゆき\n"
    assert (values[data].secret_string, values[data].secret_binary) == (None, b"\x00\xff\x01")
    assert values[stored.config].keys == CONFIG
    assert json.loads(values[stored.config].secret_string or "") == CONFIG
    for name, words in ((text, "The value is not JSON"), (data, "It holds binary data, not JSON")):
        with pytest.raises(loader.UnusableSecret, match=words):
            _ = values[name].keys
        with pytest.raises(loader.UnusableSecret, match=words):
            get_secret(name)
        assert get_secret_value(name) is values[name]


def test_a_version_is_read_by_its_id_and_by_its_stage(route: str, stored: Stored) -> None:
    first = stored.client.describe_secret(SecretId=stored.config)["VersionIdsToStages"]
    second = stored.put(stored.config, CONFIG | {"BASE_URL": "new"})
    current = get_secret_value(stored.config)
    assert (current.version_id, current.version_stages) == (second, ("AWSCURRENT",))
    assert (current.name, current.keys["BASE_URL"]) == (stored.config, "new")
    assert current.arn.startswith("arn:aws:secretsmanager:us-west-2:")
    previous = get_secret_value(stored.config, version_stage="AWSPREVIOUS")
    by_id = get_secret_value(stored.config, version_id=next(iter(first)))
    for value in (previous, by_id):
        assert (value.version_id, value.keys) == (next(iter(first)), CONFIG)
        assert value.version_stages == ("AWSPREVIOUS",)
    # Only what is current is told as held.
    assert loader.held_versions() == {stored.config: second}


def test_several_are_read_at_once_and_once(front: Front, stored: Stored) -> None:
    ids = [stored.api_keys, stored.config, stored.api_keys]
    assert list(get_secret_values(ids)) == ids[:2]
    assert get_secret_values((stored.config,))[stored.config].keys == CONFIG
    assert len(front.calls) == 2


def test_a_batch_is_one_call_for_names_and_single_calls_for_all_else(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIYABI_SECRETS_ROUTE", "batch")
    get_secret_values([stored.api_keys, stored.config])
    assert front.calls == [("BatchGetSecretValue", f"{stored.api_keys},{stored.config}")]
    arn = get_secret_value(stored.config).arn
    front.calls.clear()
    assert get_secret_values([arn, stored.config], refresh=True)[arn].keys == CONFIG
    assert {operation for operation, _ in front.calls} == {"GetSecretValue"}


def test_one_that_fails_fails_all_and_the_others_that_failed_are_named(
    front: Front, stored: Stored
) -> None:
    with pytest.raises(loader.SecretNotFound, match=r"^miyabi/none: .*Failed as well: miyabi/no "):
        get_secret_values([stored.config, "miyabi/none", "miyabi/no"])
    assert loader.held_versions() == {}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: get_secret_values("miyabi/prod/config"), "got 'miyabi/prod/config'"),
        (lambda: get_secret_values([]), "expected a list or tuple of 1 to 20 names or ARNs, got 0"),
        (lambda: get_secret_values(["a"] * 21), "got 21"),
        (lambda: get_secret_values(["a b"]), "secret_id: expected"),
        (lambda: get_secret_value("a", version_id="short"), "version_id: expected 32 to 64"),
        (lambda: get_secret_value("a", version_stage=""), "version_stage: expected 1 to 256"),
        (lambda: get_secret_value("a", version_stage=5), "got int"),
        *(
            (lambda arn=arn: get_secret(arn), "expected arn:aws:secretsmanager:REGION:ACCOUNT")
            for arn in (
                "arn:aws:ssm:us-west-2:111122223333:secret:a",
                "arn:aws:secretsmanager::111122223333:secret:a",
                "arn:aws:secretsmanager:us-west-2.attacker.test/:111122223333:secret:a",
                "arn:aws:secretsmanager:us-west-2:111122223333:secret",
            )
        ),
    ],
)
def test_what_cannot_be_right_is_told_and_nothing_is_asked(
    front: Front, call: Any, words: str
) -> None:
    with pytest.raises(loader.InvalidInput) as caught:
        call()
    assert words in str(caught.value)
    assert front.connections == 0


def test_no_value_is_printed_copied_or_pickled(front: Front, stored: Stored) -> None:
    canary = make_plain_canary()
    stored.put(stored.config, canary)
    value = get_secret_value(stored.config)
    assert value.secret_string == canary
    assert leaks(canary, f"{value} {value!r} {[value]} {loader._loader._values.held}") == []
    for take in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not copied or pickled"):
            take(value)


# A client of one's own.


def test_a_client_of_one_s_own_is_asked_and_holds_its_secrets_apart(
    front: Front, stored: Stored
) -> None:
    own = client_of({"GITHUB_TOKEN": "of the client"}, {"BASE_URL": "u"})
    mine = loader.Loader(own)
    assert mine.get_secret(API_KEYS_ID, "GITHUB_TOKEN") == "of the client"
    assert mine.get_secret_value(CONFIG_ID, version_stage="AWSPREVIOUS").keys == {"BASE_URL": "u"}
    assert mine.load_secrets_to_env("miyabi", "prod")[CONFIG_ID] == "v-1"
    assert os.environ["GITHUB_TOKEN"] == "of the client"
    assert own.calls == [
        {"SecretId": API_KEYS_ID},
        {"SecretId": CONFIG_ID, "VersionStage": "AWSPREVIOUS"},
        {"SecretId": CONFIG_ID},
    ]
    assert (front.calls, loader.held_versions()) == ([], {})


def test_boto3_s_client_is_one(stored: Stored, local_client: Any) -> None:
    mine = loader.Loader(local_client)
    assert mine.get_secret(stored.api_keys) == API_KEYS
    with pytest.raises(loader.SecretNotFound, match="ResourceNotFoundException"):
        mine.get_secret("miyabi/none")


def test_a_client_works_without_botocore_and_its_own_errors_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "botocore.exceptions", None)
    mine = loader.Loader(client_of({"A": "1"}, LookupError("of the client")))
    assert mine.get_secret(API_KEYS_ID) == {"A": "1"}
    with pytest.raises(LookupError, match="of the client"):
        mine.get_secret(CONFIG_ID)


# Another Region, by its ARN.


def test_an_arn_is_asked_in_its_own_region(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its host and its signature are that Region's: front accepts no other."""
    arn = stored.client.describe_secret(SecretId=stored.config)["ARN"]
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert get_secret(arn) == CONFIG
    assert front.calls == [("GetSecretValue", arn)]


def test_boto3_asks_in_the_region_of_the_arn_too(in_lambda: None) -> None:
    here, there = (_boto.make_client(Deadline(5), region) for region in ("", "eu-west-1"))
    assert (here.meta.region_name, there.meta.region_name) == (tls.REGION, "eu-west-1")


def test_an_arn_of_an_unusual_region_goes_to_boto3(in_lambda: None) -> None:
    assert _route.choose(["eu-west-1"])[0] == "https"
    assert _route.choose(["cn-north-1"]) == (
        "boto3",
        "'cn-north-1' is not a Region of the usual kind",
    )


@pytest.mark.parametrize("answer", [{}, {"SecretBinary": "not base64!"}, {"SecretString": 5}])
def test_an_answer_of_neither_text_nor_bytes_is_told(front: Front, answer: dict[str, Any]) -> None:
    front.answer(CONFIG_ID, telling(answer))
    with pytest.raises(loader.UnusableSecret, match="neither text nor bytes"):
        get_secret_value(CONFIG_ID)


def the_types_are_those_that_a_type_checker_finds() -> None:
    """Never called: `make check` reads it."""
    assert_type(get_secret("miyabi/prod/config"), dict[str, Any])
    assert_type(get_secret("miyabi/prod/config", "BASE_URL"), str | Any)
    assert_type(get_secret_value("miyabi/prod/config"), SecretValue)
    assert_type(get_secret_value("miyabi/prod/config").secret_binary, bytes | None)
    assert_type(get_secret_values(["miyabi/prod/config"]), dict[str, SecretValue])
