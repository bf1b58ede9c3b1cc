"""Reads and failed reads of secrets by day, as CloudWatch counts them, and the alarms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ..access.evidence import Evidence, Known
from ..environment import Environment
from ..errors.wording import plural
from ..secrets.secret import Secret
from .alarm import Alarm, in_alarm

DAYS = 30  # that a chart shows, today included
READS = ("GetSecretValue", "BatchGetSecretValue")
# Every operation of Secrets Manager, since each call costs the same. CloudWatch has a metric only
# for those that were called.
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
OPERATIONS = (
    *READS, "AssociateCrossAccountReplica", "CancelRotateSecret", "CreateSecret",
    "DeleteResourcePolicy", "DeleteSecret", "DescribeSecret",
    "DisassociateCrossAccountReplica", "GetRandomPassword", "GetResourcePolicy",
    "ListResourcePolicies", "ListSecretVersionIds",
    "ListSecrets", "PutResourcePolicy", "PutSecretValue", "RemoveRegionsFromReplication",
    "ReplicateSecretToRegions", "RestoreSecret",
    "RotateSecret", "StopReplicationToReplica", "TagResource", "UntagResource", "UpdateSecret",
    "UpdateSecretVersionStage",
    "ValidateResourcePolicy",
)  # fmt: skip
# Our own metrics, which deploy/terraform/modules/monitoring feeds from the trail.
ACCESSES, ERRORS = "SecretAccess", "FailedSecretRetrievals"


@dataclass(frozen=True)
class Metric:
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Series:
    """Sums by day in UTC.

    A day that is not in it has no data point, which is not the same as none. `problem` is
    CloudWatch's word where it did not tell the whole series.
    """

    days: Mapping[date, int]
    problem: str = ""


@dataclass(frozen=True)
class Day:
    """None: no data point.

    `reads` and `calls` are the whole account's in the Region, `accesses` and `errors` of our own
    metrics.
    """

    date: date
    reads: int | None
    calls: int | None
    accesses: int | None
    errors: int | None


@dataclass(frozen=True)
class Usage:
    """What was learnt of one environment. `alarms` and `secrets` are None where nobody asked."""

    environment: Environment
    read_at: datetime
    metrics: Evidence[Mapping[Metric, Series]]
    alarms: Evidence[tuple[Alarm, ...]] | None = None
    secrets: Evidence[tuple[Secret, ...]] | None = None
    namespace: str = ""

    @property
    def is_read(self) -> bool:
        """Whether AWS told anything."""
        return any(isinstance(e, Known) for e in (self.metrics, self.alarms, self.secrets))

    @property
    def days(self) -> tuple[Day, ...]:
        """The last 30, today last; of nothing but None where the metrics are not known."""
        today = self.read_at.astimezone(UTC).date()
        found = self.metrics.value if isinstance(self.metrics, Known) else {}
        reads, calls = _sum(found, map(calls_of, READS)), self.calls or {}
        accesses, errors = (
            _sum(found, [Metric(self.namespace, name)]) for name in (ACCESSES, ERRORS)
        )
        dates = [today - timedelta(days=back) for back in reversed(range(DAYS))]
        return tuple(
            Day(at, reads.get(at), calls.get(at), accesses.get(at), errors.get(at)) for at in dates
        )

    @property
    def calls(self) -> Mapping[date, int] | None:
        """All calls by day; None where they are not known, and where none was counted."""
        if not isinstance(self.metrics, Known) or self.problems:
            return None
        return _sum(self.metrics.value, map(calls_of, OPERATIONS)) or None

    @property
    def problems(self) -> tuple[str, ...]:
        """Metrics that CloudWatch did not return in full, with its status code."""
        found = self.metrics.value if isinstance(self.metrics, Known) else {}
        return tuple(
            f"{_named(metric)}: {series.problem}"
            for metric, series in found.items()
            if series.problem
        )


def calls_of(operation: str) -> Metric:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Usage-Metrics.html"""
    dimensions = (
        ("Type", "API"),
        ("Service", "Secrets Manager"),
        ("Resource", operation),
        ("Class", "None"),
    )
    return Metric("AWS/Usage", "CallCount", dimensions)


def metrics_of(namespace: str) -> tuple[Metric, ...]:
    """All that is asked for, in one call."""
    return (*map(calls_of, OPERATIONS), Metric(namespace, ACCESSES), Metric(namespace, ERRORS))


def asked_from(now: datetime) -> datetime:
    """30 days back, or the first of the month where that is earlier, for the month's cost."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return min(midnight - timedelta(days=DAYS - 1), midnight.replace(day=1))


def summarise(usage: Usage) -> list[str]:
    """Sentences for people, worst first. Only of what is known."""
    sentences, prefix, days = [], usage.environment.prefix, usage.days
    if isinstance(usage.alarms, Known) and (loud := in_alarm(usage.alarms.value)):
        sentences.append(f"{plural(len(loud), 'alarm is', 'alarms are')} in alarm.")
    sums = (
        _summed([day.errors for day in days], "failed read", "failed reads"),
        _summed([day.accesses for day in days], f"read of {prefix}", f"reads of {prefix}"),
        _summed(
            [day.reads for day in days], "read in the whole account", "reads in the whole account"
        ),
    )
    counted = "; ".join(filter(None, sums))
    sentences.append(
        f"In {len(days)} days: {counted}."
        if counted
        else f"CloudWatch has no data point of the last {len(days)} days."
    )
    return sentences


def _summed(counts: Iterable[int | None], one: str, many: str) -> str:
    known = [count for count in counts if count is not None]
    return plural(sum(known), one, many) if known else ""


def _sum(found: Mapping[Metric, Series], metrics: Iterable[Metric]) -> dict[date, int]:
    total: dict[date, int] = {}
    for metric in metrics:
        for day, count in (found[metric].days if metric in found else {}).items():
            total[day] = total.get(day, 0) + count
    return total


def _named(metric: Metric) -> str:
    return dict(metric.dimensions).get("Resource", metric.name)
