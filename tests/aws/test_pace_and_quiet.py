"""session: what a caller signs with and until when, the pace of calls, and no bodies in logs."""

import logging
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deploy.demo.signed_client import SignedClient
from secrets_ui.aws import caller, session
from secrets_ui.aws.session import AwsSessions, keep_botocore_quiet
from secrets_ui.domain.environment import Environment
from tests.aws.fake_aws import Answer, FakeAws, key_of

END = datetime(2099, 1, 1, tzinfo=UTC).timestamp()  # of an AWS session, as the fake STS says


def describe(sessions: AwsSessions, environment: Environment) -> None:
    client = SignedClient(sessions.caller(environment, "hana"), "secretsmanager")
    client.describe_secret(SecretId="name")


def test_the_pace_is_told_of_each_sending_by_service_and_operation(
    fake_aws: FakeAws, environment: Environment
) -> None:
    told: list[str] = []
    fake_aws.answer = lambda request: Answer(200, '{"ARN": "arn", "Name": "name"}')
    describe(AwsSessions(fake_aws.endpoint, told.append), environment)
    assert told == ["sts.AssumeRole", "secrets-manager.DescribeSecret"]


def test_the_pace_is_told_of_retries_too(fake_aws: FakeAws, environment: Environment) -> None:
    told: list[str] = []
    answers = iter((503, 200))
    fake_aws.answer = lambda request: Answer(next(answers), '{"ARN": "arn", "Name": "name"}')
    describe(AwsSessions(fake_aws.endpoint, told.append), environment)
    assert told == ["sts.AssumeRole", *["secrets-manager.DescribeSecret"] * 2]


def test_an_aws_session_serves_until_two_minutes_before_its_end(
    fake_aws: FakeAws, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = AwsSessions(fake_aws.endpoint)
    fake_aws.answer = lambda request: Answer(200, '{"ARN": "arn", "Name": "name"}')
    describe(sessions, environment)
    for now, assumed in ((END - 120, 1), (END - 119.999, 2)):
        monkeypatch.setattr(caller.time, "time", lambda now=now: now)
        describe(sessions, environment)
        assert len(fake_aws.of("AssumeRole")) == assumed


def test_a_caller_signs_with_all_that_sts_gave(fake_aws: FakeAws, environment: Environment) -> None:
    keys = AwsSessions(fake_aws.endpoint).caller(environment, "hana").credentials()
    assert keys.access_key == key_of(environment.account)
    assert (keys.secret_key, keys.token) == ("not-real", "token")


def test_a_time_that_is_written_out_is_utc_whatever_the_machine_s_zone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        moment = session._timestamp("2026-01-01T00:00:00Z")
    time.tzset()
    assert (moment.isoformat(), moment.tzinfo) == ("2026-01-01T00:00:00+00:00", UTC)


def test_the_times_of_an_answer_are_utc_whatever_the_machine_s_zone(
    fake_aws: FakeAws, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = '{"ARN": "arn", "Name": "name", "CreatedDate": 1767225600}'
    fake_aws.answer = lambda request: Answer(200, answer)
    caller = AwsSessions(fake_aws.endpoint).caller(environment, "hana")
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        described = SignedClient(caller, "secretsmanager").describe_secret(SecretId="name")
    time.tzset()
    assert described["CreatedDate"].isoformat() == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize("name", ["botocore.endpoint", "boto3", "urllib3.util", "s3transfer"])
def test_aws_s_libraries_log_warnings_and_nothing_below(name: str) -> None:
    logger = logging.getLogger(name)
    logger.setLevel(logging.DEBUG)
    keep_botocore_quiet()
    assert logger.level == logging.WARNING
    logger.setLevel(logging.DEBUG)  # the filter holds all the same
    passed = [
        level
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
        if logger.filter(logger.makeRecord(name, level, "file", 1, "text", (), None))
    ]
    logger.setLevel(logging.WARNING)
    assert passed == [logging.WARNING, logging.ERROR]


@pytest.mark.parametrize("name", ["botocorex", "miyabi.save", "x.botocore"])
def test_other_loggers_are_left_alone(name: str) -> None:
    logger = logging.getLogger(name)
    logger.setLevel(logging.DEBUG)
    keep_botocore_quiet()
    assert (logger.level, logger.filters) == (logging.DEBUG, [])
    logger.setLevel(logging.NOTSET)


def test_a_logger_that_is_set_already_is_silenced_too() -> None:
    logger = logging.getLogger("botocore.set_already")
    logger.setLevel(logging.WARNING)
    keep_botocore_quiet()
    assert not logger.filter(logger.makeRecord("", logging.INFO, "file", 1, "text", (), None))


def test_a_parent_that_nobody_logs_to_is_made_no_logger_of() -> None:
    logging.getLogger("somewhere.within")
    keep_botocore_quiet()
    assert isinstance(logging.root.manager.loggerDict["somewhere"], logging.PlaceHolder)


def test_a_client_is_of_the_environment_s_region_whatever_the_machine_s_is(
    fake_aws: FakeAws, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    sessions = AwsSessions(fake_aws.endpoint)
    for region in ("eu-central-1", "ap-northeast-1"):
        elsewhere = replace(environment, region=region)
        for service in ("secretsmanager", "kms"):
            client = sessions.caller(elsewhere, "hana").client(service)
            assert (client.meta.region_name, client.meta.service_model.service_name) == (
                region,
                service,
            )
