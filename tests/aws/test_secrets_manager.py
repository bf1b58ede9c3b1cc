"""The gateway's reads against the local AWS: the domain's objects come out, or our errors."""

import secrets
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsError, SecretNotFound, VersionNotFound
from secrets_ui.domain.secrets.secret import AWSCURRENT, AWSPREVIOUS, EDIT_LABEL, SecretVersion
from secrets_ui.domain.secrets.secret_value import SecretValue
from tests.aws.calls import IN_TIME

MakeSecret = Callable[..., str]
LABEL = f"{EDIT_LABEL}test"


def new_token() -> str:
    return secrets.token_hex(32)


def is_recent(moment: datetime | None) -> bool:
    return (
        moment is not None
        and moment.tzinfo is UTC
        and abs(datetime.now(UTC) - moment) < timedelta(minutes=2)
    )


def test_a_secret_is_described_without_its_value(
    gateway: SecretsManagerGateway, make_secret: MakeSecret, environment: Environment, canary: str
) -> None:
    name = make_secret(
        canary,
        Description="what it is",
        Tags=[{"Key": "Team", "Value": "core"}],
        KmsKeyId="alias/miyabi-secrets",
    )
    secret = gateway.describe_secret(name).value

    assert (secret.name, secret.region, secret.description, secret.tags) == (
        name,
        "us-west-2",
        "what it is",
        {"Team": "core"},
    )
    assert secret.arn.startswith(
        f"arn:aws:secretsmanager:us-west-2:{environment.account}:secret:{name}-"
    )
    assert secret.kms_key_id == "alias/miyabi-secrets"
    assert list(secret.versions.values()) == [(AWSCURRENT,)]
    assert canary not in repr(secret)


def test_times_are_in_utc(gateway: SecretsManagerGateway, make_secret: MakeSecret) -> None:
    name = make_secret()
    secret, (version,) = (
        gateway.describe_secret(name).value,
        gateway.list_secret_version_ids(name).value,
    )
    (listed,) = gateway.list_secrets().value.secrets

    for moment in (secret.created, secret.last_changed, version.created, listed.created):
        assert is_recent(moment)


@pytest.mark.parametrize(
    ("rules", "schedule"),
    [
        ({"ScheduleExpression": "cron(0 8 1 * ? *)", "Duration": "3h"}, "cron(0 8 1 * ? *)"),
        ({"AutomaticallyAfterDays": 30}, "rate(30 days)"),
    ],
)
def test_a_rotation_is_told_with_its_schedule_its_last_and_its_next(
    gateway: SecretsManagerGateway, rules: dict[str, object], schedule: str
) -> None:
    """The local AWS would have to call a function first."""
    moment = datetime(2026, 11, 30, tzinfo=UTC)
    answer = {
        "ARN": f"arn:aws:secretsmanager:us-west-2:{gateway.environment.account}:secret:a-AAAAAA",
        "Name": "a",
        "RotationEnabled": True,
        "RotationLambdaARN": "arn:aws:lambda:us-west-2:111111111111:function:rotate",
        "RotationRules": rules,
        "LastRotatedDate": moment,
        "NextRotationDate": moment + timedelta(days=30),
    }
    with Stubber(gateway._client) as stub:
        stub.add_response("describe_secret", answer, {"SecretId": "a"})
        rotation = gateway.describe_secret("a").value.rotation

    assert rotation is not None
    assert (rotation.schedule, rotation.window) == (schedule, rules.get("Duration", ""))
    assert rotation.function == answer["RotationLambdaARN"]
    assert (rotation.last, rotation.next) == (moment, moment + timedelta(days=30))


def test_a_scheduled_deletion_shows_when_it_falls_due(
    gateway: SecretsManagerGateway, make_secret: MakeSecret, boto: Any
) -> None:
    name = make_secret()
    boto.delete_secret(SecretId=name, RecoveryWindowInDays=7)

    for secret in (gateway.describe_secret(name).value, *gateway.list_secrets().value.secrets):
        assert secret.deleted is not None
        assert secret.deleted.tzinfo is UTC


def test_s42_a_list_holds_what_lies_under_the_prefix_and_nothing_else(
    gateway: SecretsManagerGateway, make_secret: MakeSecret, boto: Any
) -> None:
    inside = make_secret()
    for outside in (
        "miyabi/developers/key",
        "miyabi/devs",
        "miyabi/Dev/key",
        "miyabi/prod/api-keys",
        "other/miyabi/dev/key",
    ):
        boto.create_secret(Name=outside, SecretString="x")
    page = gateway.list_secrets()

    assert [secret.name for secret in page.value.secrets] == [inside]
    assert page.call.request_id


def test_a_listed_secret_carries_its_versions_and_tags(
    gateway: SecretsManagerGateway, make_secret: MakeSecret
) -> None:
    name = make_secret(Tags=[{"Key": "Team", "Value": "core"}])
    (listed,) = gateway.list_secrets().value.secrets

    assert listed.versions == gateway.describe_secret(name).value.versions
    assert listed.current
    assert listed.tags == {"Team": "core"}


def test_pages_follow_each_other_until_the_token_is_empty(
    gateway: SecretsManagerGateway, make_secret: MakeSecret
) -> None:
    made = {make_secret(name=f"secret-{number}") for number in range(5)}
    seen, token, pages = [], "", 0
    while pages == 0 or token:
        page = gateway.list_secrets(token=token, size=2).value
        seen += [secret.name for secret in page.secrets]
        token, pages = page.next_token, pages + 1

    assert (sorted(seen), pages) == (sorted(made), 3)


def test_an_environment_without_secrets_is_an_empty_page(gateway: SecretsManagerGateway) -> None:
    page = gateway.list_secrets().value
    assert (page.secrets, page.next_token) == ((), "")


def test_a_value_is_read_wrapped_and_with_its_version(
    gateway: SecretsManagerGateway, make_secret: MakeSecret, canary: str
) -> None:
    name = make_secret(canary)
    secret = gateway.describe_secret(name).value
    answer = gateway.get_secret_value(name, secret.current)
    stored = answer.value

    assert (stored.arn, stored.version_id) == (secret.arn, secret.current)
    assert stored.value == SecretValue(canary)
    assert answer.call.request_id
    assert canary not in repr(answer)


def test_a_binary_value_is_told_as_none(
    gateway: SecretsManagerGateway, make_secret: MakeSecret
) -> None:
    name = make_secret(b"\x00\xff")
    assert (
        gateway.get_secret_value(name, gateway.describe_secret(name).value.current).value.value
        is None
    )


def test_versions_are_listed_with_their_labels_unlabelled_ones_too(
    gateway: SecretsManagerGateway, make_secret: MakeSecret, boto: Any
) -> None:
    name = make_secret("1")
    ids = [
        gateway.describe_secret(name).value.current,
        *(boto.put_secret_value(SecretId=name, SecretString=text)["VersionId"] for text in "23"),
    ]
    versions = gateway.list_secret_version_ids(name).value

    assert all(isinstance(version, SecretVersion) for version in versions)
    assert {version.version_id: version.labels for version in versions} == {
        ids[0]: (),
        ids[1]: (AWSPREVIOUS,),
        ids[2]: (AWSCURRENT,),
    }
    # Newest first, also where all were made in the same second.
    assert [version.version_id for version in versions] == ids[::-1]


def test_a_secret_that_is_not_there_is_told_by_name_and_region(
    gateway: SecretsManagerGateway, environment: Environment
) -> None:
    name = environment.prefix + "nothing"
    with pytest.raises(SecretNotFound, match=f"no {name} in us-west-2"):
        gateway.describe_secret(name)


def test_a_version_that_is_not_there_is_told_as_such(
    gateway: SecretsManagerGateway, make_secret: MakeSecret
) -> None:
    with pytest.raises(VersionNotFound):
        gateway.get_secret_value(make_secret(), new_token())
    with pytest.raises(VersionNotFound):
        gateway.get_secret_value(gateway.environment.prefix + "nothing", new_token())


def every_failure(gateway: SecretsManagerGateway, canary: str) -> list[AwsError]:
    name = gateway.environment.prefix + "nothing"
    calls: list[Callable[[], object]] = [
        lambda: gateway.describe_secret(name),
        lambda: gateway.get_secret_value(name, new_token()),
        lambda: gateway.put_secret_value(
            name, SecretValue(canary), token=new_token(), label=LABEL, deadline=IN_TIME
        ),
        lambda: gateway.update_secret_version_stage(
            name, LABEL, move_to=new_token(), deadline=IN_TIME
        ),
    ]
    errors = []
    for call in calls:
        with pytest.raises(AwsError) as caught:
            call()
        errors.append(caught.value)
    return errors


def test_an_error_gives_the_command_that_shows_the_same_and_never_one_that_shows_a_value(
    gateway: SecretsManagerGateway, canary: str
) -> None:
    for error in every_failure(gateway, canary):
        words = shlex.split(error.call.cli)
        assert words[:2] == ["aws", "secretsmanager"]
        assert words[-2:] == ["--region", "us-west-2"]
        assert words[2] in ("describe-secret", "list-secret-version-ids")
        assert canary not in repr(error) + repr(error.call)


def test_an_error_names_the_call_with_aws_s_code_and_request_id(
    gateway: SecretsManagerGateway, canary: str
) -> None:
    for error in every_failure(gateway, canary):
        assert error.call.operation.startswith("secretsmanager:")
        assert error.call.code
        assert error.call.request_id
        assert error.call.region == "us-west-2"
