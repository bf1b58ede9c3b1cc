"""No answer, a late one, or one from somebody else: told as such, never taken for success."""

import threading

import pytest

from secrets_ui.aws import session
from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsThrottled, AwsUnreachable
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
    nobody_listens,
)
from tests.aws.fake_aws import Answer, FakeAws, failure

EVERY_CALL: dict[str, Call] = {
    "DescribeSecret": DESCRIBE,
    "GetSecretValue": GET,
    "PutSecretValue": PUT,
    "UpdateSecretVersionStage": MOVE,
    "ListSecrets": lambda gateway: gateway.list_secrets(),
    "ListSecretVersionIds": lambda gateway: gateway.list_secret_version_ids(NAME),
    "GetResourcePolicy": lambda gateway: gateway.get_resource_policy(NAME),
}

# Python's parser gives up with a RecursionError.
DEEP = "[" * 100_000


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException"])
def test_throttling_is_retried_and_then_told_as_such(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, code: str
) -> None:
    fake_aws.answer = lambda request: failure(code)
    error = error_of(lambda: DESCRIBE(fake_gateway))

    assert type(error) is AwsThrottled
    assert error.call.code == code
    assert error.call.unanswered == 0
    assert len(fake_aws.of("DescribeSecret")) == session.MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("code", "status"),
    [("InternalServiceError", 500), ("ServiceUnavailable", 503), ("SomethingNew", 502)],
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

    assert fake_gateway.describe_secret(NAME).value.name == NAME


@pytest.mark.parametrize("status", [302, 404, 500])
@pytest.mark.parametrize("body", ["<html>proxy</html>", "", "[", DEEP])
def test_a_bad_status_from_somebody_else_is_one_of_our_errors(
    quick: None, fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, body: str, status: int
) -> None:
    fake_aws.answer = lambda request: Answer(status, body)
    assert error_of(lambda: GET(fake_gateway)).call.operation == "secretsmanager:GetSecretValue"


@pytest.mark.slow
def test_a_time_out_is_told_as_such(
    quick: None, fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, canary: str
) -> None:
    wait = threading.Event()
    fake_aws.answer = lambda request: Answer(wait=wait)
    error = error_of(
        lambda: fake_gateway.put_secret_value(
            NAME, SecretValue(canary), token=VERSION, label="label", deadline=IN_TIME
        )
    )
    wait.set()

    assert type(error) is AwsUnreachable
    assert (
        error.message
        == "secretsmanager:PutSecretValue got no answer in time, and neither did its retries."
    )
    assert_no_value(error, canary)


def test_a_closed_connection_is_told_as_no_answer(
    quick: None, fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, canary: str
) -> None:
    fake_aws.answer = lambda request: Answer(hang_up=True)
    error = error_of(
        lambda: fake_gateway.put_secret_value(
            NAME, SecretValue(canary), token=VERSION, label="label", deadline=IN_TIME
        )
    )

    assert type(error) is AwsUnreachable
    assert_no_value(error, canary)


def test_an_endpoint_where_nobody_listens_is_told_as_such(
    quick: None, environment: Environment
) -> None:
    with nobody_listens(environment) as gateway:
        error = error_of(lambda: DESCRIBE(gateway))
    assert (type(error), error.message) == (
        AwsUnreachable,
        "No connection to AWS for secretsmanager:DescribeSecret.",
    )


@pytest.mark.parametrize("operation", EVERY_CALL)
@pytest.mark.parametrize(
    "body",
    ["<html>proxy</html>", "", "[", DEEP, "{}", "[]", "null", '"text"', "5", '{"Message": "hi"}'],
)
def test_a_good_status_from_somebody_else_is_no_success(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, body: str, operation: str
) -> None:
    fake_aws.answer = lambda request: Answer(200, body)
    error = error_of(lambda: EVERY_CALL[operation](fake_gateway))

    assert type(error) is AwsUnreachable
    assert (
        error.message == f"The answer to secretsmanager:{operation} cannot be read: "
        "it is not from this AWS service."
    )
