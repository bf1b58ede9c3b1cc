"""What is sent, until when, and what of it has no answer."""

from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace

import pytest

from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.aws.session import MAX_ATTEMPTS, AwsSessions
from secrets_ui.domain.deadline import Deadline
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsError, AwsUnreachable
from secrets_ui.domain.secrets.secret_value import SecretValue
from tests.aws.calls import IN_TIME, MOVE, NAME, PUT, VERSION, Call, error_of, nobody_listens
from tests.aws.fake_aws import Answer, FakeAws, Request, credentials, failure

pytestmark = pytest.mark.usefixtures("at_once")
DONE = Answer(200, f'{{"ARN": "arn", "VersionId": "{VERSION}"}}')


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits for nothing between two attempts."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: None))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deadline(clock: Clock) -> Deadline:
    return Deadline.after(datetime.now(UTC), clock)


def put(gateway: SecretsManagerGateway, deadline: Deadline) -> object:
    value = SecretValue("value")
    return gateway.put_secret_value(NAME, value, token=VERSION, label="label", deadline=deadline)


def move(gateway: SecretsManagerGateway, deadline: Deadline) -> object:
    return gateway.update_secret_version_stage(NAME, "label", move_to=VERSION, deadline=deadline)


@pytest.mark.parametrize(
    ("write", "operation"), [(put, "PutSecretValue"), (move, "UpdateSecretVersionStage")]
)
def test_s94_a_write_does_not_leave_when_its_signature_came_after_the_deadline(
    write: object,
    operation: str,
    fake_aws: FakeAws,
    fake_gateway: SecretsManagerGateway,
    clock: Clock,
    deadline: Deadline,
) -> None:
    def assume_late(request: Request) -> Answer:
        clock.now += 31
        return credentials(request)

    fake_aws.assume = assume_late
    error = error_of(lambda: write(fake_gateway, deadline))  # type: ignore[operator]

    assert (type(error), error.message, error.call.unanswered) == (
        AwsUnreachable,
        f"AWS took too long before secretsmanager:{operation}, so that was not sent.",
        0,
    )
    assert fake_aws.of(operation) == []


def test_s94_a_retry_does_not_leave_after_the_deadline(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, clock: Clock, deadline: Deadline
) -> None:
    def answer_late(request: Request) -> Answer:
        clock.now += 31
        return Answer(hang_up=True)

    fake_aws.answer = answer_late
    error = error_of(lambda: move(fake_gateway, deadline))

    assert "was not sent" in error.message
    # The one that was sent before may still have been carried out.
    assert (error.call.unanswered, len(fake_aws.of("UpdateSecretVersionStage"))) == (1, 1)


def test_s94_a_signature_is_not_dated_after_the_deadline(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    """The wall clock was set forward since the intent was recorded."""
    deadline = Deadline.after(datetime(2026, 1, 1, tzinfo=UTC))
    assert "was not sent" in error_of(lambda: move(fake_gateway, deadline)).message
    assert fake_aws.of("UpdateSecretVersionStage") == []


@pytest.fixture
def answers(fake_aws: FakeAws) -> list[Answer]:
    """The answers to the first calls; the last one is given again and again."""
    planned: list[Answer] = []
    counted = count()
    fake_aws.answer = lambda request: planned[min(next(counted), len(planned) - 1)]
    return planned


@pytest.mark.parametrize(
    ("planned", "unanswered"),
    [
        ([failure("AccessDeniedException")], 0),
        ([failure("ThrottlingException")], 0),
        ([Answer(hang_up=True)], MAX_ATTEMPTS),
        ([Answer(hang_up=True), failure("ThrottlingException")], 1),
        ([failure("InternalServiceError", status=500)], MAX_ATTEMPTS),
        ([failure("InternalServiceError", status=400)], 1),
        ([Answer(504, "<html>proxy</html>", request_id="")], MAX_ATTEMPTS),
        ([Answer(403, "<html>proxy</html>", request_id="")], 1),
        ([Answer(200, "{}", request_id="")], 1),
        ([Answer(200, "<html>proxy</html>", request_id="")], 1),
    ],
)
@pytest.mark.parametrize("write", [PUT, MOVE])
def test_s94_what_aws_may_still_carry_out_is_counted(
    planned: list[Answer],
    unanswered: int,
    write: Call,
    answers: list[Answer],
    fake_gateway: SecretsManagerGateway,
) -> None:
    answers[:] = planned
    assert error_of(lambda: write(fake_gateway)).call.unanswered == unanswered


def test_s94_what_never_left_is_not_counted(environment: Environment) -> None:
    with nobody_listens(environment) as gateway:
        assert error_of(lambda: MOVE(gateway)).call.unanswered == 0


def test_s94_an_sts_that_hangs_is_not_counted_as_a_write_under_way(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    fake_aws.assume = lambda request: Answer(hang_up=True)
    with pytest.raises(AwsError) as caught:
        move(fake_gateway, IN_TIME)
    assert caught.value.call.unanswered == 0
    assert (caught.value.message, caught.value.call.operation) == (
        "STS does not answer sts:AssumeRole, "
        "so secretsmanager:UpdateSecretVersionStage was not sent.",
        "sts:AssumeRole",
    )


def test_the_time_of_an_answer_is_aws_s_own(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway
) -> None:
    fake_aws.answer = lambda request: DONE
    began = datetime.now(UTC).replace(microsecond=0)
    answered = fake_gateway.update_secret_version_stage(
        NAME, "label", move_to=VERSION, deadline=IN_TIME
    ).call.answered_at
    assert answered is not None
    assert began <= answered <= datetime.now(UTC)


THROTTLED = Answer(400, '{"__type": "ThrottlingException"}')
DENIED = Answer(400, '{"__type": "AccessDeniedException"}')
GONE = Answer(400, '{"__type": "ResourceNotFoundException"}')
AWAY = Answer(400, '{"__type": "InternalServiceError"}')


def observed(
    fake_aws: FakeAws, environment: Environment
) -> tuple[SecretsManagerGateway, list[tuple[str, str]]]:
    """A gateway, and the operation and the outcome of each of its attempts."""
    told: list[tuple[str, str]] = []
    sessions = AwsSessions(
        fake_aws.endpoint,
        observe=lambda operation, outcome, seconds: told.append((operation, outcome)),
    )
    return SecretsManagerGateway(sessions.caller(environment, "hana")), told


@pytest.mark.parametrize(
    ("planned", "outcomes"),
    [
        ([DONE], ["ok"]),
        ([THROTTLED, DONE], ["throttled", "ok"]),
        ([Answer(503), DENIED], ["unreachable", "denied"]),
        ([AWAY], ["unreachable"]),
        ([Answer(hang_up=True), DONE], ["unreachable", "ok"]),
        ([GONE], ["other"]),
        # A proxy's.
        ([Answer(200, "<html>", request_id="")], ["unreachable"]),
    ],
)
def test_every_attempt_is_observed_with_its_outcome(
    fake_aws: FakeAws,
    answers: list[Answer],
    environment: Environment,
    deadline: Deadline,
    planned: list[Answer],
    outcomes: list[str],
) -> None:
    answers[:] = planned
    gateway, told = observed(fake_aws, environment)
    with suppress(AwsError):
        put(gateway, deadline)
    assert told == [
        ("sts.AssumeRole", "ok"),
        *(("secrets-manager.PutSecretValue", outcome) for outcome in outcomes),
    ]


def test_an_answer_that_cannot_be_read_is_observed(
    fake_aws: FakeAws, environment: Environment
) -> None:
    fake_aws.assume = lambda request: Answer(200, "<html>")
    gateway, told = observed(fake_aws, environment)
    assert "cannot be read" in error_of(lambda: gateway.describe_secret(NAME)).message
    assert told == [("sts.AssumeRole", "unreachable")]


def test_what_was_not_sent_is_not_observed(fake_aws: FakeAws, environment: Environment) -> None:
    gateway, told = observed(fake_aws, environment)
    late = Deadline.after(datetime(2026, 1, 1, tzinfo=UTC))
    assert "was not sent" in error_of(lambda: move(gateway, late)).message
    assert told == [("sts.AssumeRole", "ok")]
