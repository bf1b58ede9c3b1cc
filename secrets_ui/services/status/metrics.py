"""The status for Prometheus, read from the database at each scrape, and what requests and AWS calls
took.

Every worker of a server reports the same, and no secret is named.
"""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ...domain.access.finding import Status
from ...domain.environment import Environment
from ...domain.status.words import STATUS_WORDS
from ...measures import register_measures
from ...models import Heartbeat
from ..audit.waiting import records_waiting
from ..changes.settle import open_intents
from .board import StatusBoard, StatusRow
from .read import read_status
from .send_events import waiting

STATES: tuple[Status, ...] = ("pass", "warn", "fail", "unknown")


def status_metrics(environments: Sequence[Environment]) -> bytes:
    """The exposition text. Raises DatabaseError."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Status(environments))
    register_measures(registry)
    return generate_latest(registry)


class _Status(Collector):
    def __init__(self, environments: Sequence[Environment]) -> None:
        self._environments = environments

    def collect(self) -> Iterator[Metric]:
        board = read_status(self._environments)
        yield from _states(board)
        yield from _ages(board)
        yield _findings(board)
        yield _heartbeats(board)
        yield _gauge(
            "miyabi_open_intents", "Announced acts without an outcome.", len(open_intents())
        )
        yield _gauge(
            "miyabi_events_waiting", "Messages in the outbox that were not sent yet.", waiting()
        )
        yield _gauge(
            "miyabi_records_waiting",
            "Records of what was done while the audit log could not be written.",
            records_waiting(),
        )


def _states(board: StatusBoard) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "miyabi_environment_state",
        "1 for the state that an environment is in.",
        labels=["environment", "state"],
    )
    secrets = GaugeMetricFamily(
        "miyabi_secrets", "Secrets of an environment by state.", labels=["environment", "state"]
    )
    for summary in board.environments:
        for status in STATES:
            state.add_metric(
                [summary.current.name, STATUS_WORDS[status].code],
                float(summary.current.status == status),
            )
            secrets.add_metric(
                [summary.current.name, STATUS_WORDS[status].code], summary.counts.get(status, 0)
            )
    yield state
    yield secrets


def _ages(board: StatusBoard) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "miyabi_check_age_seconds",
        "Age of the oldest result of an environment.",
        labels=["environment"],
    )
    for summary in board.environments:
        if summary.current.at:
            age.add_metric([summary.current.name], (board.now - summary.current.at).total_seconds())
    yield age
    runner = board.runner
    yield _gauge("miyabi_runner_alive", "1 while a runner goes on by itself.", int(runner.is_alive))
    if runner.ended_at:
        yield _gauge(
            "miyabi_last_pass_timestamp_seconds",
            "When the last pass ended.",
            runner.ended_at.timestamp(),
        )
        yield _gauge(
            "miyabi_last_pass_duration_seconds",
            "How long it took.",
            float(runner.took.get("seconds", 0)),
        )
    calls = GaugeMetricFamily(
        "miyabi_last_pass_aws_calls", "AWS calls of the last pass.", labels=["operation"]
    )
    for operation, number in runner.took.get("calls", {}).items():
        calls.add_metric([operation], number)
    yield calls
    yield _gauge(
        "miyabi_audit_chain_holds",
        "1 when the chain was verified lately and holds.",
        int(_chain_holds(board.record)),
    )


def _chain_holds(record: StatusRow | None) -> bool:
    """By its own finding: the row of the record may have others."""
    return (
        record is not None
        and not record.is_stale
        and any(
            finding.check == "audit_chain_holds" and finding.status == "pass"
            for finding in record.findings
        )
    )


def _heartbeats(board: StatusBoard) -> Metric:
    """Of what repeats beside the server (miyabi_admin/background.py)."""
    signs = GaugeMetricFamily(
        "miyabi_heartbeat_timestamp_seconds",
        "When a command that repeats last did what it is there for.",
        labels=["command"],
    )
    repeated = Heartbeat.objects.filter(name__in=("settle_audit", "send_messages"))
    noted = dict(repeated.order_by("-name").values_list("name", "at"))
    for command, at in {"run_checks": board.runner.alive_at, **noted}.items():
        if at:
            signs.add_metric([command], at.timestamp())
    return signs


def _findings(board: StatusBoard) -> Metric:
    """By check, an enumeration of this console's own."""
    findings = GaugeMetricFamily(
        "miyabi_findings",
        "Findings that count, by check.",
        labels=["environment", "check", "status"],
    )
    numbers: dict[tuple[str, str, str], int] = {}
    for trouble in board.troubles:
        labels = (
            trouble.environment,
            trouble.finding.check,
            STATUS_WORDS[trouble.finding.status].code,
        )
        numbers[labels] = numbers.get(labels, 0) + len(trouble.secrets)
    for labels, number in sorted(numbers.items()):
        findings.add_metric(list(labels), number)
    return findings


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
