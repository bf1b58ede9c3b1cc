"""Calls from before CloudTrail's 90 days, asked of the log group of a trail. Nothing is kept.

Logs Insights bills by what it scans, so it is asked when a person asks for it.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...aws.logs import MOST_FOUND, LogsGateway, QueryResults
from ...domain.environment import Environment
from ...domain.errors import AwsCall, ConsoleError
from ...domain.people.actor import Actor
from ...domain.session_scope import OLDER_READS
from ...domain.usage.reads import BATCH, CHANGES, REACH, READ, secrets_of
from ...models import TrailCall
from ..aws_access import gateways
from .trail import row_of

LONGEST = 365  # days that one query looks at
SECONDS = 20  # that it may take
POLL = 0.5  # seconds


class NoTrailLogGroup(ConsoleError):
    """The environment names no log group of a trail."""

    status = 409
    title = "No log group of a trail is named here"

    def __init__(self, environment: Environment) -> None:
        super().__init__(
            f"CloudTrail itself answers for 90 days, and the console was not told of a log group "
            f"that keeps more for {environment}.",
            remedy=(
                "Let a trail write to CloudWatch Logs (Terraform's module monitoring makes one), "
                f"allow the console's role to query it (trail_log_group_name), then set "
                f"trail_log_group for {environment} in the environments file."
            ),
        )


class QueryNotOver(ConsoleError):
    """The query took too long, or AWS gave it up."""

    status = 504
    title = "Logs Insights has no answer yet"


@dataclass(frozen=True)
class OlderReads:
    """Calls between two times, newest first. `is_cut`: there are more than one query gives."""

    environment: Environment
    secret: str
    start: datetime
    end: datetime
    group: str
    calls: tuple[TrailCall, ...]
    is_cut: bool


def find_older_reads(
    environment: Environment, secret: str, end: datetime, actor: Actor
) -> OlderReads:
    """The year that ends at `end`, or 90 days ago where that is earlier.

    Raises NoTrailLogGroup, InvalidSecretName, QueryNotOver and AwsError.
    """
    secret, group = environment.secret_name(secret), environment.trail_log_group
    if not group:
        raise NoTrailLogGroup(environment)
    end = min(end, datetime.now(UTC) - REACH)
    start = end - timedelta(days=LONGEST)
    logs = gateways(environment, actor, OLDER_READS).logs
    asked = logs.start_query(group, (READ, BATCH, *CHANGES), secret, start, end)
    found = _wait(logs, asked.value, asked.call)
    calls = tuple(
        row_of(call, environment, secret)
        for call in found.calls
        if secret in secrets_of(call, environment, {secret}, ())
    )
    return OlderReads(environment, secret, start, end, group, calls, len(found.calls) >= MOST_FOUND)


def _wait(logs: LogsGateway, query: str, call: AwsCall) -> QueryResults:
    found = QueryResults("Scheduled", ())
    for _ in range(int(SECONDS / POLL)):
        found = logs.get_query_results(query).value
        if found.is_over:
            break
        time.sleep(POLL)
    if found.status == "Complete":
        return found
    raise QueryNotOver(
        f"The query of {SECONDS} seconds at most ended as {found.status}.",
        remedy=f"Try again later, or run it in a shell: {call.cli}",
    )
