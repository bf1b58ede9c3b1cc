"""How long requests and AWS calls take, and how they end, over all processes of a server.

Labels have few values, and none of them is a name of a secret, a person or a path. Without
gunicorn, which makes the folder of miyabi_admin/counting.py, a process counts for itself.
"""

import os

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector

# Each label value would have one more series, of no use to an alert.
disable_created_metrics()  # type: ignore[no-untyped-call]

# Seconds: from a page of the database alone to the end of a save (30).
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
METHODS = ("GET", "HEAD", "POST")

_requests = Histogram(
    "miyabi_request_duration_seconds",
    "Requests, until the answer begins.",
    ["route", "method", "status"],
    registry=None,
    buckets=BUCKETS,
)
_aws_calls = Histogram(
    "miyabi_aws_call_duration_seconds",
    "AWS calls, each attempt.",
    ["operation", "outcome"],
    registry=None,
    buckets=BUCKETS,
)


def observe_request(route: str | None, method: str | None, status: int, seconds: float) -> None:
    """`route` is the name of a route of urls.py; None stands for what no route answers."""
    known = method if method in METHODS else "other"
    _requests.labels(route or "none", known, f"{status // 100}xx").observe(seconds)


def observe_aws_call(operation: str, outcome: str, seconds: float) -> None:
    """`operation` as in "secrets-manager.DescribeSecret"."""
    _aws_calls.labels(operation, outcome).observe(seconds)


def register_measures(registry: CollectorRegistry) -> None:
    """Of all processes that count in this one's folder; where there is none, of this one."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    if os.path.isdir(folder):
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        return
    registry.register(_requests)
    registry.register(_aws_calls)
