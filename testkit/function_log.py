"""Lines of the loader, as instances of the function would have written them into its log."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.demo.account import Account

REPORT = "REPORT RequestId: 00000000-0000-0000-0000-000000000000\tDuration: 1.00 ms"


def loader_line(
    versions: Mapping[str, str], kind: str = "on-demand", function: str = "miyabi-app"
) -> str:
    """As deploy/lambda/core/_report.py writes it."""
    told = {
        "event": "load",
        "at": "2026-11-29T18:10:52.123Z",
        "versions": dict(versions),
        "function": function,
        "function_version": "$LATEST",
        "initialization_type": kind,
    }
    return json.dumps({"miyabi_secrets": told})


def write_line(account: Account, stream: str, line: str, minutes_ago: float = 0) -> None:
    """Into a log stream, which is made where it is not there."""
    logs: Any = account.clients.logs
    named = {"logGroupName": account.environment.log_group, "logStreamName": stream}
    found = logs.describe_log_streams(
        logGroupName=named["logGroupName"], logStreamNamePrefix=stream
    )
    if stream not in [entry["logStreamName"] for entry in found["logStreams"]]:
        logs.create_log_stream(**named)
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    event = {"timestamp": int(at.timestamp() * 1000), "message": line}
    logs.put_log_events(**named, logEvents=[event])
