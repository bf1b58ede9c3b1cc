"""Each failure has its own type, names the secret, and has the text that the panel knows."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from core import _errors
from core import secrets as loader
from core._errors import error_of
from secrets_ui.domain.access.error_reading import read_error
from tests.deploy.loader.conftest import Stored
from tests.deploy.loader.front import Front, refusing, telling

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "domain/iam/cases/error-texts.jsonl")
    .read_text()
    .splitlines()
]
TYPES = {
    "iam.identity.missing_allow": loader.NoAccess,
    "secret.missing_or_wrong_region": (loader.NoAccess, loader.SecretNotFound),
    "iam.identity.explicit_deny": loader.NoAccess,
    "secret.resource_policy.missing_allow": loader.NoAccess,
    "iam.boundary.missing_allow": loader.NoAccess,
    "iam.boundary.explicit_deny": loader.NoAccess,
    "org.rcp": loader.NoAccess,
    "network.vpce_policy": loader.NoAccess,
    "iam.session_policy": loader.NoAccess,
    "kms.key_policy": loader.CannotDecrypt,
    "kms.access": loader.CannotDecrypt,
    "kms.iam.missing_allow": loader.CannotDecrypt,
    "secret.no_current_version": loader.SecretNotFound,
    "secret.version_missing": loader.SecretNotFound,
    "secret.scheduled_for_deletion": loader.ScheduledForDeletion,
    "kms.state_or_material": loader.CannotDecrypt,
    "kms.key_pending_deletion": loader.CannotDecrypt,
    "kms.key_pending_import": loader.CannotDecrypt,
}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["check"] in TYPES], ids=lambda case: str(case["check"])
)
def test_an_error_of_aws_gets_its_type_and_leads_the_panel_to_the_same_checks(
    case: dict[str, Any],
) -> None:
    error = error_of("miyabi/prod/api-keys", case["code"], case["message"], "11112222-3333")
    kinds = TYPES[case["check"]]
    assert type(error) in (kinds if isinstance(kinds, tuple) else (kinds,))
    assert read_error(str(error)).checks == read_error(f"{case['code']}: {case['message']}").checks
    # As Lambda prints it, and as its log holds it.
    for text in (
        f"[ERROR] {type(error).__name__}: {error}\nTraceback (most recent call last):",
        json.dumps({"errorMessage": str(error), "errorType": type(error).__name__}),
    ):
        assert read_error(text).checks == read_error(str(error)).checks
        assert read_error(text).code == case["code"]
    assert str(error).startswith("miyabi/prod/api-keys: ")
    assert "(request id 11112222-3333)" in str(error)
    assert error.code == case["code"]


REFUSALS = (
    ("AccessDeniedException", CASES[0]["message"], loader.NoAccess, "policies_are_attached"),
    (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
        loader.SecretNotFound,
        "secret_exists",
    ),
    (
        "DecryptionFailure",
        "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
        loader.CannotDecrypt,
        "key_is_usable",
    ),
    (
        "AccessDeniedException",
        "Access to KMS is not allowed",
        loader.CannotDecrypt,
        "decrypt_is_allowed",
    ),
    (
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.",
        loader.ScheduledForDeletion,
        "secret_is_not_deleted",
    ),
    (
        "ExpiredTokenException",
        "The security token included in the request is expired",
        loader.CredentialsRefused,
        "function_runs_as_role",
    ),
    ("InvalidParameterException", "Something else.", loader.SecretsError, None),
)


@pytest.mark.parametrize("secret", ["api_keys", "config"])
@pytest.mark.parametrize(("code", "message", "kind", "check"), REFUSALS)
def test_one_refusal_fails_the_whole_names_the_secret_and_sets_nothing(
    front: Front,
    stored: Stored,
    secret: str,
    code: str,
    message: str,
    kind: type[Exception],
    check: str | None,
) -> None:
    name = getattr(stored, secret)
    front.answer(name, refusing(code, message))
    with pytest.raises(kind) as caught:
        stored.load()
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"{name}: ")
    assert "(request id 11112222-3333-4444-5555-666677778888)" in str(caught.value)
    assert "BASE_URL" not in os.environ
    assert "GITHUB_TOKEN" not in os.environ
    assert check is None or read_error(str(caught.value)).checks[0] == check
    assert len(front.calls) == 2  # a refusal is not asked again


def test_when_both_fail_both_are_named(front: Front, stored: Stored) -> None:
    front.answer(stored.api_keys, refusing("AccessDeniedException"))
    front.answer(stored.config, refusing("ResourceNotFoundException"))
    with pytest.raises(loader.NoAccess) as caught:
        stored.load()
    assert str(caught.value).endswith(
        f"Failed as well: {stored.config} (ResourceNotFoundException)."
    )


def test_a_partial_failure_of_a_batch_is_a_failure_that_names_the_secret(
    front: Front, stored: Stored, local_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIYABI_SECRETS_ROUTE", "batch")
    result = [
        {
            "SecretId": stored.config,
            "ErrorCode": "AccessDeniedException",
            "Message": "Access to KMS is not allowed",
        }
    ]
    read = {
        "ARN": "arn:aws:secretsmanager:us-west-2:111122223333:secret:x-AbCdEf",
        "Name": stored.api_keys,
        "VersionId": "v",
        "SecretString": '{"GITHUB_TOKEN": "t"}',
    }
    front.answer(
        f"{stored.api_keys},{stored.config}", telling({"SecretValues": [read], "Errors": result})
    )
    with pytest.raises(loader.CannotDecrypt, match=f"^{stored.config}: "):
        stored.load()
    assert "GITHUB_TOKEN" not in os.environ


def test_a_batch_that_leaves_one_out_without_a_word_is_a_failure_too(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIYABI_SECRETS_ROUTE", "batch")
    front.answer(f"{stored.api_keys},{stored.config}", telling({"SecretValues": [], "Errors": []}))
    with pytest.raises(
        loader.SecretNotFound, match=f"^{stored.api_keys}: .*Failed as well: {stored.config}"
    ):
        stored.load()


@pytest.mark.parametrize("route", ["https", "boto3"])
def test_the_local_aws_s_own_errors_come_out_the_same_by_both_ways(
    route: str, request: pytest.FixtureRequest, stored: Stored, local_client: Any
) -> None:
    request.getfixturevalue("by_boto3" if route == "boto3" else "front")
    with pytest.raises(
        loader.SecretNotFound, match=r"^miyabi/none: .* ResourceNotFoundException: "
    ):
        loader.get_secret("miyabi/none")
    local_client.delete_secret(SecretId=stored.api_keys)
    with pytest.raises(loader.ScheduledForDeletion, match=f"^{stored.api_keys}: ") as caught:
        loader.get_secret(stored.api_keys)
    assert read_error(str(caught.value)).checks[0] == "secret_is_not_deleted"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("not json {", "The value is not JSON"),
        ("[1, 2]", "not an object"),
        ('"text"', "not an object"),
        ('{"A": "1", "A": "2"}', "The value is not JSON: the key A stands twice"),
        ('{"A": {"b": 1, "b": 2}}', "The value is not JSON: the key b stands twice"),
        ('{"A": NaN}', "The value is not JSON: NaN is not JSON"),
        ('{"A": -Infinity}', "The value is not JSON: -Infinity is not JSON"),
        ("[" * 60_000, "The value is nested too deeply"),
        (f'{{"A": {"[" * 2_000}{"]" * 2_000}}}', "The value is nested too deeply"),
    ],
)
def test_a_value_that_is_no_object_of_keys_is_told_without_it(
    front: Front, stored: Stored, value: str, words: str
) -> None:
    stored.put(stored.config, value)
    with pytest.raises(loader.UnusableSecret, match=words) as caught:
        stored.load()
    assert caught.value.secret == stored.config
    assert read_error(str(caught.value)).checks == ("secret_holds_its_keys",)


def test_a_binary_secret_is_told(front: Front, stored: Stored, local_client: Any) -> None:
    local_client.put_secret_value(SecretId=stored.config, SecretBinary=b"\x00\x01")
    with pytest.raises(loader.UnusableSecret, match="It holds binary data"):
        stored.load()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"MY-KEY": "v"}, "Its key 'MY-KEY' is no name for a variable"),
        ({"": "v"}, "Its key '' is no name"),
        ({"1ST": "v"}, "Its key '1ST' is no name"),
        ({"A=B": "v"}, "Its key 'A=B' is no name"),
        ({"KÉY": "v"}, "is no name"),
        (
            {"PATH": "/tmp"},
            "Its key 'PATH' is a variable that Lambda, Python or AWS's tools read themselves",
        ),
        ({"AWS_SECRET_ACCESS_KEY": "v"}, "read themselves"),
        ({"AWS_ENDPOINT_URL_SECRETS_MANAGER": "v"}, "read themselves"),
        ({"LD_PRELOAD": "/tmp/x.so"}, "read themselves"),
        ({"PYTHONPATH": "/tmp"}, "read themselves"),
        ({"SSL_CERT_FILE": "/tmp/x.pem"}, "read themselves"),
        ({"A": None}, "Its key 'A' holds null, and a variable holds text"),
        ({"A": ["v"]}, "holds a list"),
        ({"A": {"b": "v"}}, "holds an object"),
        ({"A": "v\x00w"}, "holds a NUL character, which no environment variable can hold"),
        ({"A": "\ud800"}, "holds half of a character (a lone surrogate)"),
    ],
)
def test_a_key_that_cannot_be_a_variable_stops_the_whole_before_anything_is_set(
    front: Front, stored: Stored, keys: dict[str, Any], words: str
) -> None:
    stored.put(stored.config, {"FINE": "1"} | keys)
    with pytest.raises(loader.UnusableSecret) as caught:
        stored.load()
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{stored.config}: ")
    assert "FINE" not in os.environ
    assert "GITHUB_TOKEN" not in os.environ
    loader.get_secret(stored.config)  # as a document it can still be read


def test_a_missing_key_is_told_with_those_that_are_there(front: Front, stored: Stored) -> None:
    with pytest.raises(
        loader.KeyNotFound, match="It has no key 'NOPE'; it has BASE_URL, MIYABI_REPO_OWNER"
    ):
        loader.get_secret(stored.config, "NOPE")


def test_aws_s_words_are_kept_to_one_line_of_a_length_that_is_read() -> None:
    error = error_of("s", "AccessDeniedException", "a\nb\x1b[31m\u202e" + "c" * 5_000)
    assert str(error).isprintable()
    assert len(str(error)) < 1_400


def test_every_type_says_what_happened_and_is_a_secrets_error() -> None:
    public = [getattr(loader, name) for name in loader.__all__]
    kinds = [kind for kind in public if isinstance(kind, type) and issubclass(kind, Exception)]
    errors = [kind for kind in kinds if kind is not loader.InvalidInput]
    assert all(issubclass(kind, loader.SecretsError) for kind in errors)
    assert (
        len({kind.happened for kind in errors} - {_errors.UnusableSecret.happened})
        == len(errors) - 1
    )
    assert issubclass(loader.InvalidInput, ValueError)
