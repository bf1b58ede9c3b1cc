"""CloudWatch's gateway: sums by day over all pages, what was not told whole, and alarms."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from deploy.demo.account import assume
from deploy.demo.local_aws import LocalAws
from deploy.demo.metrics import DAYS, fill_metrics
from deploy.demo.signed_client import SignedClient
from secrets_ui.aws.cloudwatch import CloudWatchGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsAccessDenied, AwsThrottled, AwsUnreachable
from secrets_ui.domain.usage.usage import (
    ACCESSES,
    ERRORS,
    OPERATIONS,
    Metric,
    asked_from,
    calls_of,
    metrics_of,
)
from tests.aws.calls import error_of
from tests.conftest import fresh_environments

READS, OURS = calls_of("GetSecretValue"), Metric("Miyabi/Secrets", ERRORS)
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 25, 14, tzinfo=UTC)


@pytest.fixture
def watch(local_sessions: AwsSessions, environment: Environment) -> CloudWatchGateway:
    return CloudWatchGateway(local_sessions.caller(environment, "hana"))


@pytest.fixture
def stubbed(environment: Environment) -> Iterator[tuple[CloudWatchGateway, Stubber]]:
    """A client of its own, since a stub stays in it."""
    caller = AwsSessions("http://127.0.0.1:9").caller(environment, "hana")
    with Stubber(caller.client("cloudwatch")) as stub:
        yield CloudWatchGateway(caller), stub
        stub.assert_no_pending_responses()


def result(name: str, *points: tuple[datetime, float], status: str = "Complete") -> dict[str, Any]:
    return {
        "Id": name,
        "Timestamps": [at for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": status,
    }


def test_one_question_asks_for_all_metrics_by_day(
    stubbed: tuple[CloudWatchGateway, Stubber],
) -> None:
    gateway, stub = stubbed
    metric = {
        "Namespace": "AWS/Usage",
        "MetricName": "CallCount",
        "Dimensions": [
            {"Name": "Type", "Value": "API"},
            {"Name": "Service", "Value": "Secrets Manager"},
            {"Name": "Resource", "Value": "GetSecretValue"},
            {"Name": "Class", "Value": "None"},
        ],
    }
    ours = {"Namespace": "Miyabi/Secrets", "MetricName": "FailedSecretRetrievals", "Dimensions": []}
    stat = {"Period": 86_400, "Stat": "Sum"}
    asked = {
        "MetricDataQueries": [
            {"Id": "m0", "MetricStat": {"Metric": metric, **stat}},
            {"Id": "m1", "MetricStat": {"Metric": ours, **stat}},
        ],
        "StartTime": START,
        "EndTime": END,
    }
    stub.add_response(
        "get_metric_data", {"MetricDataResults": [result("m0"), result("m1", (START, 3.0))]}, asked
    )
    known = gateway.get_metric_data([READS, OURS], START, END)
    assert dict(known.value[READS].days) == {}
    assert dict(known.value[OURS].days) == {date(2026, 11, 1): 3}
    assert known.call.cli.startswith(
        "aws cloudwatch get-metric-data --start-time 2026-11-01T00:00:00Z "
    )


def test_pages_are_put_together_and_a_series_may_go_on_in_the_next_one(
    stubbed: tuple[CloudWatchGateway, Stubber],
) -> None:
    gateway, stub = stubbed
    second = START + timedelta(days=1)
    stub.add_response(
        "get_metric_data",
        {
            "MetricDataResults": [result("m0", (START, 3.0), (second, 1.0), status="PartialData")],
            "NextToken": "more",
        },
        {"MetricDataQueries": ANY, "StartTime": START, "EndTime": END},
    )
    stub.add_response(
        "get_metric_data",
        {"MetricDataResults": [result("m0", (second, 4.0)), result("m1", (second, 9.0))]},
        {"MetricDataQueries": ANY, "StartTime": START, "EndTime": END, "NextToken": "more"},
    )
    found = gateway.get_metric_data([READS, OURS], START, END).value
    assert dict(found[READS].days) == {date(2026, 11, 1): 3, date(2026, 11, 2): 5}
    assert dict(found[OURS].days) == {date(2026, 11, 2): 9}
    assert {series.problem for series in found.values()} == {""}


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_a_series_that_was_not_told_whole_says_so(
    stubbed: tuple[CloudWatchGateway, Stubber], status: str
) -> None:
    gateway, stub = stubbed
    stub.add_response(
        "get_metric_data", {"MetricDataResults": [result("m0", (START, 3.0), status=status)]}
    )
    found = gateway.get_metric_data([READS, OURS], START, END).value
    assert (found[READS].problem, found[OURS].problem) == (status, "not answered")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDenied", 403, AwsAccessDenied),
        ("Throttling", 400, AwsThrottled),
        ("InternalServiceFault", 500, AwsUnreachable),
    ],
)
def test_a_refusal_is_told_as_ours(
    stubbed: tuple[CloudWatchGateway, Stubber], code: str, status: int, kind: type[Exception]
) -> None:
    gateway, stub = stubbed
    for operation in ("get_metric_data", "describe_alarms"):
        stub.add_client_error(operation, code, "no", status)
    for error in (
        error_of(lambda: gateway.get_metric_data([READS], START, END)),
        error_of(lambda: gateway.describe_alarms("miyabi")),
    ):
        assert isinstance(error, kind)
        assert error.call.operation.startswith("cloudwatch:")


def test_alarms_of_every_page_are_told_with_since_when(
    stubbed: tuple[CloudWatchGateway, Stubber],
) -> None:
    gateway, stub = stubbed
    entry = {
        "AlarmName": "miyabi-failed",
        "StateValue": "ALARM",
        "StateUpdatedTimestamp": END,
        "MetricName": "x",
        "Threshold": 1.0,
    }
    moved = entry | {
        "AlarmName": "miyabi-again",
        "StateTransitionedTimestamp": START,
        "StateReason": "x" * 999,
    }
    both = {"AlarmNamePrefix": "miyabi", "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    stub.add_response(
        "describe_alarms", {"MetricAlarms": [entry, moved], "NextToken": "more"}, both
    )
    composite = {"AlarmName": "miyabi-both", "StateValue": "OK"}
    stub.add_response(
        "describe_alarms",
        {"MetricAlarms": [], "CompositeAlarms": [composite]},
        {**both, "NextToken": "more"},
    )
    report = gateway.describe_alarms("miyabi").value
    assert [(alarm.name, alarm.state, alarm.since) for alarm in report] == [
        ("miyabi-again", "ALARM", START),
        ("miyabi-both", "OK", None),
        ("miyabi-failed", "ALARM", END),
    ]
    assert [len(alarm.reason) for alarm in report] == [300, 0, 0]


def test_the_list_of_operations_is_secrets_manager_s(
    local_sessions: AwsSessions, environment: Environment
) -> None:
    client = SignedClient(local_sessions.caller(environment, "hana"), "secretsmanager")
    assert set(OPERATIONS) == set(client.meta.service_model.operation_names)
    assert len(OPERATIONS) == len(set(OPERATIONS))


def test_the_local_aws_tells_what_was_put_there(
    local_aws: LocalAws, local_sessions: AwsSessions
) -> None:
    staging = fresh_environments()["staging"]
    fill_metrics(local_aws.endpoint, [staging])
    gateway = CloudWatchGateway(local_sessions.caller(staging, "hana"))
    now = datetime.now(UTC)
    found = gateway.get_metric_data(
        metrics_of("Miyabi/Secrets/staging"), asked_from(now), now
    ).value
    errors = found[Metric("Miyabi/Secrets/staging", ERRORS)].days
    assert DAYS >= len(found[READS].days) >= 30
    assert errors[now.date() - timedelta(days=1)] > 0
    assert errors[now.date() - timedelta(days=9)] == 0
    assert found[Metric("Miyabi/Secrets/staging", ACCESSES)].days.keys() == found[READS].days.keys()
    assert dict(found[calls_of("RestoreSecret")].days) == {}
    states = {alarm.name: alarm.state for alarm in gateway.describe_alarms("miyabi").value}
    assert states == {"miyabi-staging-failed-reads": "ALARM", "miyabi-staging-unusual-reads": "OK"}


def test_an_account_without_a_call_has_no_point(
    watch: CloudWatchGateway, local_aws: LocalAws, environment: Environment
) -> None:
    found = watch.get_metric_data(metrics_of("Miyabi/Secrets"), START, END).value
    assert all(not series.days and not series.problem for series in found.values())
    assert watch.describe_alarms("miyabi").value == ()
    assert (
        assume(local_aws.endpoint, environment).cloudwatch.describe_alarms()["MetricAlarms"] == []
    )
