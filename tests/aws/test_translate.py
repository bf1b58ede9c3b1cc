"""translate: boto3's errors become ours, with AWS's code and request id, without any value."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    HTTPClientError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)

from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.aws.translate import translated
from secrets_ui.domain.access.evidence import Known
from secrets_ui.domain.errors import (
    AwsAccessDenied,
    AwsCall,
    AwsError,
    AwsRefused,
    SecretNotFound,
    ThingNotFound,
    VersionAlreadyExists,
    VersionNotFound,
)
from secrets_ui.domain.secrets.secret_value import SecretValue
from tests.aws.calls import (
    DESCRIBE,
    GET,
    IN_TIME,
    MOVE,
    NAME,
    PUT,
    VERSION,
    Call,
    assert_no_value,
    error_of,
)
from tests.aws.fake_aws import REQUEST_ID, Answer, FakeAws, Request, denied_by_sts, failure


@pytest.mark.parametrize(
    ("call", "code", "kind", "result"),
    [
        (
            DESCRIBE,
            "ResourceNotFoundException",
            SecretNotFound,
            f"Secrets Manager has no {NAME} in us",
        ),
        (
            PUT,
            "ResourceNotFoundException",
            SecretNotFound,
            f"Secrets Manager has no {NAME} in us-west-2.",
        ),
        (
            GET,
            "ResourceNotFoundException",
            VersionNotFound,
            f"{NAME} is gone, or it has no such version.",
        ),
        (
            PUT,
            "ResourceExistsException",
            VersionAlreadyExists,
            f"{NAME} already has a version with this id",
        ),
        (
            MOVE,
            "AccessDeniedException",
            AwsAccessDenied,
            "The console's role is not allowed secretsmanager:",
        ),
        (
            GET,
            "DecryptionFailure",
            AwsRefused,
            "AWS KMS would not decrypt the value with the secret's key.",
        ),
        (
            PUT,
            "EncryptionFailure",
            AwsRefused,
            "AWS KMS would not encrypt the value with the secret's key.",
        ),
        (
            GET,
            "InvalidRequestException",
            AwsRefused,
            "The secret's state does not allow it, for exam",
        ),
        (MOVE, "InvalidParameterException", AwsRefused, "AWS refused a parameter of the call."),
        (PUT, "LimitExceededException", AwsRefused, "A quota of Secrets Manager is used up."),
        (
            GET,
            "ExpiredTokenException",
            AwsRefused,
            "AWS does not accept the console's credentials.",
        ),
        (
            GET,
            "UnrecognizedClientException",
            AwsRefused,
            "AWS does not accept the console's credentials.",
        ),
        (GET, "NobodyKnowsThis", AwsRefused, "AWS answered NobodyKnowsThis to secretsmanager:Get"),
    ],
)
def test_a_refusal_is_told_by_its_code(
    fake_aws: FakeAws,
    fake_gateway: SecretsManagerGateway,
    call: Call,
    code: str,
    kind: type[AwsError],
    result: str,
) -> None:
    fake_aws.answer = lambda request: failure(code)
    error = error_of(lambda: call(fake_gateway))

    assert type(error) is kind
    assert error.message.startswith(result)
    assert (error.call.code, error.call.request_id, error.call.resource) == (code, REQUEST_ID, NAME)


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("echo", ["the body", "the code", "too long"])
def test_what_does_not_have_the_form_of_a_request_id_or_code_is_dropped(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, status: int, echo: str, canary: str
) -> None:
    def answer(request: Request) -> Answer:
        sent = {"the body": request.body, "the code": f"a_{canary}", "too long": canary * 9}[echo]
        answered = {"__type": sent, "Message": sent} if status > 200 else {"VersionId": VERSION}
        return Answer(status, json.dumps(answered), request_id=sent)

    def put() -> Known[str]:
        return fake_gateway.put_secret_value(
            NAME, SecretValue(canary), token=VERSION, label="label", deadline=IN_TIME
        )

    fake_aws.answer = answer
    call = put().call if status == 200 else error_of(put).call
    assert (call.code, call.request_id) == ("", "")


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
        (
            PUT,
            "not authorized to perform: kms:GenerateDataKey on this resource",
            "kms:GenerateDataKey",
        ),
        (MOVE, "", "secretsmanager:UpdateSecretVersionStage"),
    ],
)
def test_a_denied_call_names_the_permission_that_is_missing(
    fake_aws: FakeAws,
    fake_gateway: SecretsManagerGateway,
    call: Call,
    message: str,
    permission: str,
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
        error_of(lambda: DESCRIBE(fake_gateway)).message
        == "AWS does not accept the console's credentials."
    )


@pytest.mark.parametrize(
    "wrong",
    [lambda canary: canary.encode(), lambda canary: [canary], lambda canary: {"value": canary}],
)
def test_s07_a_value_of_the_wrong_type_is_not_repeated(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, canary: str, wrong: Callable[[str], Any]
) -> None:
    value = SecretValue(wrong(canary))
    with pytest.raises(ParamValidationError, match=canary):  # what botocore would say
        fake_gateway._client.put_secret_value(SecretId=NAME, SecretString=value.reveal())
    error = error_of(
        lambda: fake_gateway.put_secret_value(
            NAME, value, token=VERSION, label="label", deadline=IN_TIME
        )
    )

    assert (
        error.message
        == "secretsmanager:PutSecretValue was not sent or not answered (ParamValidationError)."
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
        lambda: fake_gateway.put_secret_value(
            NAME, SecretValue(canary), token=VERSION, label="label", deadline=IN_TIME
        )
    )

    assert canary in fake_aws.of("PutSecretValue")[0].body  # it was sent, and came back
    assert_no_value(error, canary)


def test_s100_a_version_id_that_repeats_the_value_is_not_passed_on(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, canary: str
) -> None:
    fake_aws.answer = lambda request: Answer(200, json.dumps({"VersionId": request.body}))
    put = fake_gateway.put_secret_value(
        NAME, SecretValue(canary), token=VERSION, label="label", deadline=IN_TIME
    )
    assert put.value == VERSION


@pytest.mark.parametrize(
    "raised",
    [
        ReadTimeoutError(endpoint_url="https://x", error="canary"),
        ConnectTimeoutError(endpoint_url="https://x", error="canary"),
        HTTPClientError(error="canary"),
        SSLError(endpoint_url="https://x", error=OSError("canary")),
        ParamValidationError(report="canary"),
        ClientError({"Error": {"Code": "X", "Message": "canary"}}, "PutSecretValue"),
        ClientError({}, "PutSecretValue"),
        BotoCoreError(),
    ],
)
def test_s07_each_family_of_boto3_s_errors_comes_out_as_ours(raised: Exception) -> None:
    def fail() -> None:
        with translated(AwsCall("secretsmanager:PutSecretValue", NAME, "us-west-2")):
            raise raised

    assert_no_value(error_of(fail), "canary")


def test_what_another_service_does_not_have_is_no_secret() -> None:
    def fail(code: str) -> None:
        with translated(AwsCall("iam:GetRole", "the-role", "us-west-2")):
            raise ClientError({"Error": {"Code": code}}, "GetRole")

    for code in ("NoSuchEntity", "NotFoundException", "ResourceNotFoundException"):
        assert type(error_of(lambda code=code: fail(code))) is ThingNotFound


def test_an_error_of_our_own_is_not_translated() -> None:
    with pytest.raises(ZeroDivisionError), translated(AwsCall("secretsmanager:PutSecretValue")):
        raise ZeroDivisionError
