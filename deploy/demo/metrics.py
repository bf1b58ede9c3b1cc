"""Fills CloudWatch: a month of reads in the demo's accounts, and alarms over them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from deploy.demo.account import assume
from secrets_ui.domain.environment import Environment

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

NAMESPACE = "Miyabi/Secrets"
DAYS = 33  # back from today: all of a month, and of a chart
# Calls on a working day in the whole account; most of them are the Lambda's own reads.
_BUSY = {"dev": 60, "staging": 140, "prod": 900}
_SHARES = {
    "GetSecretValue": 1.0,
    "DescribeSecret": 0.4,
    "ListSecrets": 0.25,
    "PutSecretValue": 0.01,
}
_FAILS_SINCE = 2  # days: staging's flaw, from the day of its last deployment on


def fill_metrics(endpoint: str, environments: Iterable[Environment]) -> None:
    """Put metrics and alarms into each environment's account."""
    for environment in environments:
        client = assume(endpoint, environment).cloudwatch
        _fill(client, environment)
        _make_alarms(client, environment)


def _fill(client: CloudWatchClient, environment: Environment) -> None:
    """The same numbers at every start, so that two screenshots of one day look alike."""
    chance = random.Random(environment.name)  # noqa: S311  nothing secret
    usage, ours = [], []
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(DAYS):
        day = midnight - timedelta(days=back)
        reads = _reads(environment, day, chance)
        usage += [
            _calls(operation, day, round(reads * share)) for operation, share in _SHARES.items()
        ]
        ours.append(_ours("SecretAccess", day, round(reads * 0.9)))
        fails = environment.name == "staging" and back <= _FAILS_SINCE
        ours.append(_ours("FailedSecretRetrievals", day, reads // 3 if fails else 0))
    client.put_metric_data(Namespace="AWS/Usage", MetricData=usage)
    client.put_metric_data(Namespace=f"{NAMESPACE}/{environment}", MetricData=ours)


def _reads(environment: Environment, day: datetime, chance: random.Random) -> int:
    """Fewer on weekends, and fewer so far than in a whole day."""
    busy = (
        _BUSY.get(environment.name, 60)
        * (0.35 if day.weekday() >= 5 else 1)
        * chance.uniform(0.75, 1.2)
    )
    passed = min(1.0, (datetime.now(UTC) - day) / timedelta(days=1))
    return max(1, round(busy * passed))


def _calls(operation: str, day: datetime, count: int) -> Any:
    names = {"Type": "API", "Service": "Secrets Manager", "Resource": operation, "Class": "None"}
    dimensions = [{"Name": name, "Value": value} for name, value in names.items()]
    return {"MetricName": "CallCount", "Dimensions": dimensions, "Timestamp": day, "Value": count}


def _ours(name: str, day: datetime, count: int) -> Any:
    return {"MetricName": name, "Dimensions": [], "Timestamp": day, "Value": count}


def _make_alarms(client: CloudWatchClient, environment: Environment) -> None:
    for name, metric in (
        ("failed-reads", "FailedSecretRetrievals"),
        ("unusual-reads", "SecretAccess"),
    ):
        client.put_metric_alarm(
            AlarmName=f"miyabi-{environment}-{name}",
            Namespace=f"{NAMESPACE}/{environment}",
            MetricName=metric,
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=1 if "failed" in name else 500,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )
        in_alarm = environment.name == "staging" and "failed" in name
        crossed = "Threshold crossed: 1 datapoint was at or above 1"
        client.set_alarm_state(
            AlarmName=f"miyabi-{environment}-{name}",
            StateValue="ALARM" if in_alarm else "OK",
            StateReason=crossed if in_alarm else "below the threshold",
        )
