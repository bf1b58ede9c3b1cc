"""load_secrets_to_env and get_secret on the local AWS, by our own signature and by boto3."""

import copy
import json
import logging
import os
import pickle
import time
from typing import Any

import pytest

from core import _loader, _roots, _store, _value
from core import secrets as loader
from core.secrets import get_secret, held_versions, load_secrets_to_env
from tests.deploy.loader.conftest import API_KEYS, CONFIG, LAMBDA_ENVIRON, Stored
from tests.deploy.loader.front import Front


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "core.secrets"]


def test_both_secrets_are_merged_into_the_environment(
    route: str, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    versions = stored.load()
    assert {name: os.environ[name] for name in API_KEYS | CONFIG} == API_KEYS | CONFIG
    assert f"Successfully loaded secrets from {stored.api_keys} and {stored.config}" in messages(
        caplog
    )
    current = {
        name: stored.client.get_secret_value(SecretId=name)["VersionId"]
        for name in (stored.api_keys, stored.config)
    }
    assert versions == held_versions() == current
    assert (
        f"Versions held: {', '.join(f'{name} {version}' for name, version in current.items())}"
        in messages(caplog)
    )


def test_a_secret_is_read_whole_or_by_key(route: str, stored: Stored) -> None:
    assert get_secret(stored.api_keys) == API_KEYS
    assert get_secret(stored.api_keys, "GITHUB_TOKEN") == "t-github"


def test_a_secret_is_read_by_its_arn(route: str, stored: Stored) -> None:
    arn = stored.client.describe_secret(SecretId=stored.api_keys)["ARN"]
    assert get_secret(arn, "GITHUB_TOKEN") == "t-github"


def test_what_was_read_is_not_read_again(front: Front, stored: Stored) -> None:
    stored.load()
    for _ in range(3):
        stored.load()
        get_secret(stored.api_keys)
        get_secret(stored.config, "BASE_URL", max_age=3600)
    assert sorted(front.calls) == [
        ("GetSecretValue", stored.api_keys),
        ("GetSecretValue", stored.config),
    ]


def test_the_session_token_goes_with_the_call(front: Front, stored: Stored) -> None:
    stored.load()
    assert front.tokens == [LAMBDA_ENVIRON["AWS_SESSION_TOKEN"]] * 2


def test_it_works_without_a_session_token(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    assert get_secret(stored.api_keys) == API_KEYS
    assert front.tokens == [None]


def test_a_batch_is_one_call(front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIYABI_SECRETS_ROUTE", "batch")
    stored.load()
    assert front.calls == [("BatchGetSecretValue", f"{stored.api_keys},{stored.config}")]


def test_outside_lambda_nothing_is_asked_and_nothing_changes(
    front: Front, stored: Stored, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    monkeypatch.setenv("GITHUB_TOKEN", "from .env")
    before = dict(os.environ)
    assert stored.load() == {}
    assert dict(os.environ) == before
    assert messages(caplog) == ["Not running in AWS Lambda, skipping Secrets Manager"]
    assert front.connections == 0


def test_outside_lambda_a_secret_is_read_by_boto3(
    by_boto3: None, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    assert get_secret(stored.config) == CONFIG


def test_lambda_s_root_logger_at_warning_still_shows_the_lines(
    front: Front, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger().setLevel(logging.WARNING)
    stored.load()
    assert messages(caplog)[0].startswith("Successfully loaded")


# Existing variables, and later versions.


def test_existing_variables_lose_unless_told_otherwise(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "mine")
    stored.load()
    assert os.environ["GITHUB_TOKEN"] == "t-github"


def test_existing_variables_win_where_that_is_asked_for(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "mine")
    stored.load(override=False)
    assert os.environ["GITHUB_TOKEN"] == "mine"
    assert os.environ["MIYABI_ACCESS_TOKEN"] == "t-access"


@pytest.mark.parametrize("override", [True, False])
def test_a_new_version_replaces_what_the_loader_set_and_takes_away_what_is_gone(
    front: Front, stored: Stored, override: bool
) -> None:
    stored.load(override=override)
    new = stored.put(stored.api_keys, {"GITHUB_TOKEN": "t-new"})
    stored.load(override=override)
    assert os.environ["GITHUB_TOKEN"] == "t-github"
    versions = stored.load(override=override, refresh=True)
    assert os.environ["GITHUB_TOKEN"] == "t-new"
    assert "MIYABI_ACCESS_TOKEN" not in os.environ
    assert versions[stored.api_keys] == held_versions()[stored.api_keys] == new


def test_a_variable_that_the_application_changed_is_its_own(front: Front, stored: Stored) -> None:
    stored.load(override=False)
    os.environ["GITHUB_TOKEN"] = "changed"
    stored.put(stored.api_keys, {"GITHUB_TOKEN": "t-new"})
    stored.load(override=False, refresh=True)
    assert os.environ["GITHUB_TOKEN"] == "changed"


def test_two_environments_do_not_take_each_other_s_variables_away(
    front: Front, stored: Stored, local_client: Any
) -> None:
    stored.load()
    for name, value in (("api-keys", {"DEV_KEY": "d"}), ("config", {})):
        local_client.create_secret(
            Name=f"{stored.project}/dev/{name}", SecretString=json.dumps(value)
        )
    load_secrets_to_env(stored.project, "dev")
    assert (os.environ["DEV_KEY"], os.environ["GITHUB_TOKEN"]) == ("d", "t-github")


def test_a_maximum_age_reads_again_what_is_older(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored.load()
    new = stored.put(stored.api_keys, API_KEYS | {"GITHUB_TOKEN": "t-new"})
    assert get_secret(stored.api_keys, "GITHUB_TOKEN", max_age=300) == "t-github"
    now = time.time()
    for later in (301, -301):  # a clock that was set back is no reason to trust what is held
        front.calls.clear()
        for module in (_loader, _store, _value):
            monkeypatch.setattr(module, "time", lambda later=later: now + later)
        assert get_secret(stored.api_keys, "GITHUB_TOKEN", max_age=300) == "t-new"
        assert front.calls == [("GetSecretValue", stored.api_keys)]
        monkeypatch.setattr(_value, "time", lambda: now)
    assert stored.load(max_age=300)[stored.api_keys] == new
    assert os.environ["GITHUB_TOKEN"] == "t-new"


def test_a_failed_refresh_leaves_what_is_held_and_what_is_set(
    front: Front, stored: Stored, local_client: Any
) -> None:
    stored.load()
    local_client.delete_secret(SecretId=stored.config)
    with pytest.raises(loader.ScheduledForDeletion, match=stored.config):
        stored.load(refresh=True)
    assert os.environ["BASE_URL"] == CONFIG["BASE_URL"]
    assert get_secret(stored.config) == CONFIG


# What comes back.


def test_the_keys_are_a_dict_that_cannot_be_changed_for_everybody_else(
    front: Front, stored: Stored
) -> None:
    keys = get_secret(stored.api_keys)
    assert isinstance(keys, dict)
    assert (
        json.loads(json.dumps(keys))
        == dict(keys)
        == copy.copy(keys)
        == copy.deepcopy(keys)
        == API_KEYS
    )
    own = keys | {"MORE": "1"}
    own["GITHUB_TOKEN"] = "other"
    for change in (
        lambda: keys.update(A="1"),
        lambda: keys.pop("GITHUB_TOKEN"),
        keys.clear,
        keys.popitem,
        lambda: keys.setdefault("A", "1"),
        lambda: keys.__setitem__("A", "1"),
        lambda: keys.__delitem__("GITHUB_TOKEN"),
        lambda: keys.__ior__({"A": "1"}),
        lambda: pickle.dumps(keys),
    ):
        with pytest.raises(TypeError, match=r"read-only; dict\(keys\) makes a copy"):
            change()
    assert get_secret(stored.api_keys) == API_KEYS


def test_numbers_and_truth_values_become_the_text_that_json_has_for_them(
    front: Front, stored: Stored
) -> None:
    stored.put(
        stored.config,
        {"A_NUMBER": 12, "A_RATIO": 0.5, "A_FLAG": True, "EMPTY": "", "TEXT": "ゆき\nline two "},
    )
    stored.load()
    assert [os.environ[name] for name in ("A_NUMBER", "A_RATIO", "A_FLAG", "EMPTY", "TEXT")] == [
        "12",
        "0.5",
        "true",
        "",
        "ゆき\nline two ",
    ]
    assert get_secret(stored.config, "A_NUMBER") == 12


@pytest.mark.parametrize(
    ("spelt", "read"),
    [
        ("1.10", 1.1),
        ("-0", 0),
        ("-0.0", 0.0),
        ("1E5", 1e5),
        ("1e400", float("inf")),
        ("12345678901234567890123", 12345678901234567890123),
        ("0.10000000000000000000001", 0.1),
        ("7" * 5_000, "7" * 5_000),  # more digits than Python converts stay text
    ],
)
def test_a_number_becomes_a_variable_as_the_document_spells_it(
    front: Front, stored: Stored, spelt: str, read: object
) -> None:
    stored.put(stored.config, f'{{"A_NUMBER": {spelt}}}')
    stored.load()
    assert os.environ["A_NUMBER"] == spelt
    assert get_secret(stored.config, "A_NUMBER") == read


def test_what_is_read_is_read_only_at_every_level(front: Front, stored: Stored) -> None:
    document = {"OUTER": {"inner": {"n": 1.5}, "list": [{"a": [1]}]}}
    stored.put(stored.config, document)
    outer: Any = get_secret(stored.config, "OUTER")
    for change in (
        lambda: outer.update(A="1"),
        lambda: outer["inner"].clear(),
        lambda: outer["list"][0].pop("a"),
    ):
        with pytest.raises(TypeError, match="read-only"):
            change()
    assert outer["list"] == ({"a": (1,)},)
    assert json.loads(json.dumps(get_secret(stored.config))) == document
    own = copy.deepcopy(get_secret(stored.config))
    own["OUTER"]["list"][0]["a"].append(2)
    assert own == {"OUTER": {"inner": {"n": 1.5}, "list": [{"a": [1, 2]}]}}
    assert copy.deepcopy(get_secret(stored.config)) == document


def test_the_largest_secret_comes_whole(front: Front, stored: Stored) -> None:
    large = 'é\n"' * 10_000
    stored.put(stored.config, {"LARGE": large})
    assert get_secret(stored.config, "LARGE") == large


def test_of_a_key_in_both_secrets_that_of_the_api_keys_counts_and_the_log_says_so(
    front: Front, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    stored.put(stored.config, CONFIG | {"GITHUB_TOKEN": "of config"})
    stored.load()
    assert os.environ["GITHUB_TOKEN"] == "t-github"
    assert f"GITHUB_TOKEN is in more than one secret; that of {stored.api_keys} counts" in messages(
        caplog
    )


def test_the_account_is_compared_before_anything_is_set(front: Front, stored: Stored) -> None:
    arn = stored.client.describe_secret(SecretId=stored.api_keys)["ARN"]
    with pytest.raises(loader.WrongAccount, match=r"It is in \d{12}, not in 999999999999"):
        stored.load(account_id="999999999999")
    assert "GITHUB_TOKEN" not in os.environ
    stored.load(account_id=arn.split(":")[4])
    assert os.environ["GITHUB_TOKEN"] == "t-github"


def test_required_keys_are_looked_for_before_anything_is_set(front: Front, stored: Stored) -> None:
    with pytest.raises(loader.KeyNotFound, match=r"Missing: MIYABI_ROOT, OTHER\."):
        stored.load(required=["GITHUB_TOKEN", "MIYABI_ROOT", "OTHER"])
    assert "GITHUB_TOKEN" not in os.environ


def test_the_few_roots_are_used_and_the_system_s_are_not_loaded(
    front: Front, stored: Stored
) -> None:
    stored.load()
    [(context, narrow)] = _roots._made
    assert narrow
    assert len(context.get_ca_certs()) == 1
    assert context.check_hostname
