"""The gateway's writes on the local AWS: values arrive byte for byte, AWS decides races."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.domain.errors import AwsRefused, VersionAlreadyExists
from secrets_ui.domain.secrets.secret import AWSCURRENT, AWSPREVIOUS, EDIT_LABEL
from secrets_ui.domain.secrets.secret_value import SecretValue
from tests.aws.calls import IN_TIME

MakeSecret = Callable[..., str]
LABEL = f"{EDIT_LABEL}test"


def new_token() -> str:
    return secrets.token_hex(32)


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(min_size=1, max_size=200))
def test_s64_any_text_comes_back_byte_for_byte(
    text: str, gateway: SecretsManagerGateway, make_secret: MakeSecret
) -> None:
    name = make_secret("first")
    gateway.put_secret_value(
        name, SecretValue(text), token=(token := new_token()), label=LABEL, deadline=IN_TIME
    )

    assert gateway.get_secret_value(name, token).value.value == SecretValue(text)


@pytest.mark.parametrize(
    "text",
    [
        "a\nb",
        "a\r\nb\r\n",
        "ends in a line\n",
        "  blanks  ",
        "😀 漢 \u202e\u0000",
        "é" * 32_768,
        "x" * 65_536,
    ],
)
def test_s64_line_breaks_blanks_emoji_and_the_largest_value_come_back(
    text: str, gateway: SecretsManagerGateway, make_secret: MakeSecret
) -> None:
    name, token = make_secret("first"), new_token()
    gateway.put_secret_value(name, SecretValue(text), token=token, label=LABEL, deadline=IN_TIME)

    assert gateway.get_secret_value(name, token).value.value == SecretValue(text)


def test_a_new_version_waits_under_its_label_and_awscurrent_stays(
    gateway: SecretsManagerGateway, make_secret: MakeSecret
) -> None:
    name, token = make_secret(), new_token()
    base = gateway.describe_secret(name).value.current

    put = gateway.put_secret_value(
        name, SecretValue("new"), token=token, label=LABEL, deadline=IN_TIME
    )
    assert (put.value, bool(put.call.request_id)) == (token, True)
    assert gateway.describe_secret(name).value.versions == {base: (AWSCURRENT,), token: (LABEL,)}


def test_the_first_version_of_a_secret_gets_awscurrent_as_well(
    gateway: SecretsManagerGateway, make_secret: MakeSecret
) -> None:
    name, token = make_secret(None), new_token()
    assert gateway.describe_secret(name).value.current == ""

    gateway.put_secret_value(name, SecretValue("first"), token=token, label=LABEL, deadline=IN_TIME)
    assert gateway.describe_secret(name).value.current == token


def test_s62_the_same_token_and_value_make_one_version(
    gateway: SecretsManagerGateway, make_secret: MakeSecret
) -> None:
    name, token = make_secret(), new_token()
    for _ in range(2):
        gateway.put_secret_value(
            name, SecretValue("new"), token=token, label=LABEL, deadline=IN_TIME
        )

    assert len(gateway.list_secret_version_ids(name).value) == 2


def test_the_same_token_with_another_value_is_refused(
    gateway: SecretsManagerGateway, make_secret: MakeSecret, canary: str
) -> None:
    name, token = make_secret(), new_token()
    gateway.put_secret_value(name, SecretValue("new"), token=token, label=LABEL, deadline=IN_TIME)

    with pytest.raises(VersionAlreadyExists) as caught:
        gateway.put_secret_value(
            name, SecretValue(canary), token=token, label=LABEL, deadline=IN_TIME
        )
    assert canary not in str(caught.value)
    assert gateway.get_secret_value(name, token).value.value == SecretValue("new")


def test_s63_awscurrent_moves_when_it_is_where_the_edit_started(
    gateway: SecretsManagerGateway, make_secret: MakeSecret
) -> None:
    name, token = make_secret(), new_token()
    base = gateway.describe_secret(name).value.current
    gateway.put_secret_value(name, SecretValue("new"), token=token, label=LABEL, deadline=IN_TIME)

    moved = gateway.update_secret_version_stage(
        name, AWSCURRENT, move_to=token, remove_from=base, deadline=IN_TIME
    )
    assert moved.call.request_id
    versions = gateway.describe_secret(name).value.versions
    assert versions[base] == (AWSPREVIOUS,)
    assert AWSCURRENT in versions[token]


def test_s63_aws_refuses_to_move_awscurrent_from_where_it_is_not(
    gateway: SecretsManagerGateway, make_secret: MakeSecret, boto: Any
) -> None:
    name, token = make_secret(), new_token()
    base = gateway.describe_secret(name).value.current
    theirs = boto.put_secret_value(SecretId=name, SecretString="theirs")["VersionId"]
    gateway.put_secret_value(name, SecretValue("mine"), token=token, label=LABEL, deadline=IN_TIME)

    for remove_from in (base, ""):
        with pytest.raises(AwsRefused) as caught:
            gateway.update_secret_version_stage(
                name, AWSCURRENT, move_to=token, remove_from=remove_from, deadline=IN_TIME
            )
        assert caught.value.call.operation == "secretsmanager:UpdateSecretVersionStage"
        assert caught.value.call.code
    assert gateway.describe_secret(name).value.current == theirs


def test_a_label_is_taken_off(gateway: SecretsManagerGateway, make_secret: MakeSecret) -> None:
    name, token = make_secret(), new_token()
    gateway.put_secret_value(name, SecretValue("new"), token=token, label=LABEL, deadline=IN_TIME)
    gateway.update_secret_version_stage(name, LABEL, remove_from=token, deadline=IN_TIME)

    assert LABEL not in str(gateway.describe_secret(name).value.versions)
