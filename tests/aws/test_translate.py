"""translate: whatever boto3 raises comes out as one of ours, with AWS's code and request id and without any value."""

from __future__ import annotations

import json
import socket
import threading
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    HTTPClientError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)

from secrets_ui.aws import session
from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.aws.translate import told_as_ours
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import (
    AwsAccessDenied,
    AwsCall,
    AwsError,
    AwsRefused,
    AwsThrottled,
    AwsUnreachable,
    SecretNotFound,
    ThingNotFound,
    VersionAlreadyExists,
    VersionNotFound,
)
from secrets_ui.domain.secret_value import SecretValue
from tests.aws.fake_aws import REQUEST_ID, Answer, FakeAws, Request, denied_by_sts, failure

NAME = "miyabi/dev/api-keys"
VERSION = "v" * 32
Call = Callable[[SecretsManagerGateway], object]
DESCRIBE: Call = lambda gateway: gateway.describe_secret(NAME)  # noqa: E731
GET: Call = lambda gateway: gateway.get_secret_value(NAME, VERSION)  # noqa: E731
PUT: Call = lambda gateway: gateway.put_secret_value(NAME, SecretValue("value"), token=VERSION, label="label")  # noqa: E731
MOVE: Call = lambda gateway: gateway.update_secret_version_stage(NAME, "label", move_to=VERSION)  # noqa: E731


def error_of(call: Callable[[], object]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        call()
    return caught.value


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs and no retries, for what waits for an answer."""
    short = Config(
        connect_timeout=0.3, read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": 1}
    )
    monkeypatch.setattr(session, "_CONFIG", session._CONFIG.merge(short))


@pytest.mark.parametrize(
    ("call", "code", "kind", "told"),
    [
        (DESCRIBE, "ResourceNotFoundException", SecretNotFound, f"Secrets Manager has no {NAME} in us-west-2."),
        (PUT, "ResourceNotFoundException", SecretNotFound, f"Secrets Manager has no {NAME} in us-west-2."),
        (GET, "ResourceNotFoundException", VersionNotFound, f"{NAME} is gone, or it has no such version."),
        (PUT, "ResourceExistsException", VersionAlreadyExists, f"{NAME} already has a version with this id and another value."),
        (DESCRIBE, "AccessDeniedException", AwsAccessDenied, f"The console's role is not allowed secretsmanager:DescribeSecret on {NAME}."),
        (GET, "DecryptionFailure", AwsRefused, "AWS KMS would not decrypt the value with the secret's key."),
        (PUT, "EncryptionFailure", AwsRefused, "AWS KMS would not encrypt the value with the secret's key."),
        (GET, "InvalidRequestException", AwsRefused, "The secret's state does not allow it, for example a scheduled deletion."),
        (MOVE, "InvalidParameterException", AwsRefused, "AWS refused a parameter of the call."),
        (PUT, "LimitExceededException", AwsRefused, "A quota of Secrets Manager is used up."),
        (GET, "ExpiredTokenException", AwsRefused, "AWS does not accept the console's credentials."),
        (GET, "UnrecognizedClientException", AwsRefused, "AWS does not accept the console's credentials."),
        (GET, "NobodyKnowsThisException", AwsRefused, "AWS answered NobodyKnowsThisException to secretsmanager:GetSecretValue."),
    ],
)  # fmt: skip
def test_a_refusal_is_told_by_its_code(
    fake_aws: FakeAws,
    fake_gateway: SecretsManagerGateway,
    call: Call,
    code: str,
    kind: type[AwsError],
    told: str,
) -> None:
    fake_aws.answer = lambda request: failure(code)
    error = error_of(lambda: call(fake_gateway))

    assert type(error) is kind
    assert error.message == told
    assert (error.call.code, error.call.request_id, error.call.resource) == (code, REQUEST_ID, NAME)


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException"])
def test_throttling_is_retried_and_then_told_as_such(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, code: str
) -> None:
    fake_aws.answer = lambda request: failure(code)
    error = error_of(lambda: DESCRIBE(fake_gateway))

    assert type(error) is AwsThrottled
    assert error.call.code == code
    assert error.call.retries == session.MAX_ATTEMPTS - 1
    assert len(fake_aws.of("DescribeSecret")) == session.MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("code", "status"), [("InternalServiceError", 500), ("ServiceUnavailable", 503), ("SomethingNew", 502)]
)
def test_a_failure_on_aws_s_side_is_retried_and_then_told_as_no_answer(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, code: str, status: int
) -> None:
    fake_aws.answer = lambda request: failure(code, status=status)
    error = error_of(lambda: DESCRIBE(fake_gateway))

    assert type(error) is AwsUnreachable
    assert error.message == "AWS could not answer secretsmanager:DescribeSecret just now."
    assert error.call.code == code
    assert len(fake_aws.of("DescribeSecret")) > 1


def test_a_call_that_succeeds_at_a_second_try_is_no_error(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    body = f'{{"ARN": "arn", "Name": "{NAME}"}}'
    answers = iter([failure("ThrottlingException"), Answer(200, body)])
    fake_aws.answer = lambda request: next(answers)

    assert fake_gateway.describe_secret(NAME).name == NAME


@pytest.mark.parametrize(
    ("call", "message", "permission"),
    [
        (
            GET,
            "User: arn:aws:sts::1:assumed-role/KMS-people/hana is not authorized",
            "secretsmanager:GetSecretValue",
        ),
        (GET, "Access to KMS is not allowed", "kms:Decrypt"),
        (PUT, "Access to KMS is not allowed", "kms:GenerateDataKey"),
        (PUT, "not authorized to perform: kms:GenerateDataKey on this resource", "kms:GenerateDataKey"),
        (MOVE, "", "secretsmanager:UpdateSecretVersionStage"),
    ],
)
def test_a_denied_call_names_the_permission_that_is_missing(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, call: Call, message: str, permission: str
) -> None:
    fake_aws.answer = lambda request: failure("AccessDeniedException", message)
    error = error_of(lambda: call(fake_gateway))

    assert isinstance(error, AwsAccessDenied)
    assert error.permission == permission
    assert permission in error.remedy


def test_a_role_that_cannot_be_assumed_is_told_as_such(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    fake_aws.assume = lambda request: denied_by_sts()
    error = error_of(lambda: DESCRIBE(fake_gateway))

    assert isinstance(error, AwsAccessDenied)
    assert error.message == "The console may not assume the environment's role."
    assert (error.permission, error.call.operation) == ("sts:AssumeRole", "sts:AssumeRole")
    assert (error.call.code, error.call.request_id) == ("AccessDenied", REQUEST_ID)
    assert fake_aws.of("DescribeSecret") == []


def test_credentials_that_have_ended_are_told_as_such(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    fake_aws.assume = lambda request: denied_by_sts("ExpiredToken")
    assert (
        error_of(lambda: DESCRIBE(fake_gateway)).message == "AWS does not accept the console's credentials."
    )


EVERY_CALL: dict[str, Call] = {
    "DescribeSecret": DESCRIBE,
    "GetSecretValue": GET,
    "PutSecretValue": PUT,
    "UpdateSecretVersionStage": MOVE,
    "ListSecrets": lambda gateway: gateway.list_secrets(),
    "ListSecretVersionIds": lambda gateway: gateway.list_secret_version_ids(NAME),
    "GetResourcePolicy": lambda gateway: gateway.get_resource_policy(NAME),
}


@pytest.mark.parametrize("operation", EVERY_CALL)
@pytest.mark.parametrize(
    "body", ["<html>proxy</html>", "", "[", "{}", "[]", "null", '"text"', "5", '{"Message": "hello"}']
)
def test_a_good_status_from_somebody_else_is_no_success(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, body: str, operation: str
) -> None:
    fake_aws.answer = lambda request: Answer(200, body)
    error = error_of(lambda: EVERY_CALL[operation](fake_gateway))

    assert type(error) is AwsUnreachable
    assert (
        error.message
        == f"The answer to secretsmanager:{operation} cannot be read: it is not from this AWS service."
    )


@pytest.mark.parametrize("status", [302, 404, 500])
@pytest.mark.parametrize("body", ["<html>proxy</html>", "", "["])
def test_a_bad_status_from_somebody_else_is_one_of_our_errors(
    quick: None, fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, body: str, status: int
) -> None:
    fake_aws.answer = lambda request: Answer(status, body)
    assert error_of(lambda: GET(fake_gateway)).call.operation == "secretsmanager:GetSecretValue"


def test_a_time_out_is_told_as_such(
    quick: None, fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, canary: str
) -> None:
    wait = threading.Event()
    fake_aws.answer = lambda request: Answer(wait=wait)
    error = error_of(
        lambda: fake_gateway.put_secret_value(NAME, SecretValue(canary), token=VERSION, label="label")
    )
    wait.set()

    assert type(error) is AwsUnreachable
    assert (
        error.message == "secretsmanager:PutSecretValue got no answer in time, and neither did its retries."
    )
    assert_no_value(error, canary)


def test_a_closed_connection_is_told_as_no_answer(
    quick: None, fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, canary: str
) -> None:
    fake_aws.answer = lambda request: Answer(hang_up=True)
    error = error_of(
        lambda: fake_gateway.put_secret_value(NAME, SecretValue(canary), token=VERSION, label="label")
    )

    assert type(error) is AwsUnreachable
    assert_no_value(error, canary)


def test_an_endpoint_where_nobody_listens_is_told_as_such(quick: None, environment: Environment) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        sessions = AwsSessions(f"http://127.0.0.1:{unused.getsockname()[1]}")
        gateway = SecretsManagerGateway(sessions.client(environment, "secretsmanager", "hana"), environment)
        error = error_of(lambda: DESCRIBE(gateway))
    assert (type(error), error.message) == (
        AwsUnreachable,
        "No connection to AWS for secretsmanager:DescribeSecret.",
    )


def assert_no_value(error: AwsError, canary: str) -> None:
    """Neither in what the error says nor in what a traceback of it shows; boto3's own exception is not shown behind it."""
    shown = "".join(traceback.format_exception(error))
    assert canary not in f"{error}{error!r}{error.args}{vars(error)}{shown}"
    assert error.__cause__ is None
    assert error.__suppress_context__


@pytest.mark.parametrize(
    "wrong", [lambda canary: canary.encode(), lambda canary: [canary], lambda canary: {"value": canary}]
)
def test_s07_a_value_of_the_wrong_type_is_not_repeated(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, canary: str, wrong: Callable[[str], Any]
) -> None:
    value = SecretValue(wrong(canary))
    with pytest.raises(ParamValidationError, match=canary):  # what botocore would say
        fake_gateway._client.put_secret_value(SecretId=NAME, SecretString=value.reveal())
    error = error_of(lambda: fake_gateway.put_secret_value(NAME, value, token=VERSION, label="label"))

    assert (
        error.message == "secretsmanager:PutSecretValue was not sent or not answered (ParamValidationError)."
    )
    assert_no_value(error, canary)
    assert fake_aws.of("PutSecretValue") == []


@pytest.mark.parametrize(
    "code",
    [
        "InvalidParameterException",
        "AccessDeniedException",
        "ResourceExistsException",
        "ThrottlingException",
        "Unheard",
    ],
)
def test_s07_an_answer_that_repeats_the_value_is_not_passed_on(
    quick: None, fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, code: str, canary: str
) -> None:
    fake_aws.answer = lambda request: failure(code, f"You sent {request.body}")
    error = error_of(
        lambda: fake_gateway.put_secret_value(NAME, SecretValue(canary), token=VERSION, label="label")
    )

    assert canary in fake_aws.of("PutSecretValue")[0].body  # it was sent, and came back
    assert_no_value(error, canary)


@pytest.mark.parametrize(
    "raised",
    [
        ReadTimeoutError(endpoint_url="https://x", error="canary"),
        ConnectTimeoutError(endpoint_url="https://x", error="canary"),
        HTTPClientError(error="canary"),
        SSLError(endpoint_url="https://x", error="canary"),
        ParamValidationError(report="canary"),
        ClientError({"Error": {"Code": "X", "Message": "canary"}}, "PutSecretValue"),
        ClientError({}, "PutSecretValue"),
        BotoCoreError(),
    ],
)
def test_s07_each_family_of_boto3_s_errors_comes_out_as_ours(raised: Exception) -> None:
    def fail() -> None:
        with told_as_ours(AwsCall("secretsmanager:PutSecretValue", NAME, "us-west-2")):
            raise raised

    assert_no_value(error_of(fail), "canary")


def test_what_another_service_does_not_have_is_no_secret() -> None:
    def fail(code: str) -> None:
        with told_as_ours(AwsCall("iam:GetRole", "the-role", "us-west-2")):
            raise ClientError({"Error": {"Code": code}}, "GetRole")

    for code in ("NoSuchEntity", "NotFoundException", "ResourceNotFoundException"):
        assert type(error_of(lambda code=code: fail(code))) is ThingNotFound  # type: ignore[misc]


def test_an_error_of_our_own_is_not_translated() -> None:
    with pytest.raises(ZeroDivisionError), told_as_ours(AwsCall("secretsmanager:PutSecretValue")):
        raise ZeroDivisionError


def test_s62_a_put_that_is_retried_carries_the_same_token(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    answers = iter([failure("InternalServiceError", status=500), Answer(200, '{"VersionId": "v"}')])
    fake_aws.answer = lambda request: next(answers)
    PUT(fake_gateway)
    first, second = fake_aws.of("PutSecretValue")

    assert first.body == second.body
    assert f'"ClientRequestToken": "{VERSION}"' in first.body


def test_a_request_holds_what_was_asked_and_nothing_more(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    def asked(call: Call) -> dict[str, Any]:
        fake_aws.requests.clear()
        call(fake_gateway)
        return next(json.loads(r.body) for r in fake_aws.requests if r.operation != "AssumeRole")

    fake_aws.answer = answer_anything
    assert asked(PUT) == {
        "SecretId": NAME,
        "ClientRequestToken": VERSION,
        "SecretString": "value",
        "VersionStages": ["label"],
    }
    assert asked(MOVE) == {"SecretId": NAME, "VersionStage": "label", "MoveToVersionId": VERSION}
    assert asked(GET) == {"SecretId": NAME, "VersionId": VERSION}
    assert asked(lambda g: g.update_secret_version_stage(NAME, "label", remove_from=VERSION)) == {
        "SecretId": NAME,
        "VersionStage": "label",
        "RemoveFromVersionId": VERSION,
    }
    assert asked(lambda g: g.list_secrets()) == {
        "IncludePlannedDeletion": True,
        "MaxResults": 100,
        "Filters": [{"Key": "name", "Values": ["miyabi/dev/"]}],
    }


def answer_anything(request: Request) -> Answer:
    return Answer(
        200,
        f'{{"ARN": "arn", "Name": "{NAME}", "VersionId": "{VERSION}", "SecretString": "x", "SecretList": []}}',
    )


def test_s42_what_aws_lists_outside_the_prefix_is_left_out(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    names = ["miyabi/dev/a", "miyabi/developers/a", "Miyabi/dev/a", "x/miyabi/dev/a"]
    fake_aws.answer = lambda request: Answer(
        200, json.dumps({"SecretList": [{"ARN": "arn", "Name": name} for name in names]})
    )
    assert [secret.name for secret in fake_gateway.list_secrets().secrets] == ["miyabi/dev/a"]
