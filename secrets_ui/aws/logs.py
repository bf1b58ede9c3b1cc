"""CloudWatch Logs' gateway: the loader's lines in the log group of the function, and who writes.

Whoever runs code in the function writes its log, so a line is read strictly, and a text of another
form than it should have is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..domain.access.evidence import Known
from ..domain.deadline import Deadline
from ..domain.errors.nesting import load_json
from ..domain.secrets.rollout import Report
from .base import Gateway
from .texts import RESOURCE, VERSION_ID, in_form

# docs/lambda-loader.md, "The line in the log"
PATTERN = '{ $.miyabi_secrets.at = "*" }'
# The most streams that one question names:
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
MOST_STREAMS = 100
LONGEST_LINE = 20_000  # characters; that of 20 secrets by their ARNs has some 5,000
_STREAM = re.compile(r"[\w/$.\[\]#-]{1,512}", re.ASCII)
_FUNCTION_VERSION = re.compile(r"\$LATEST|[0-9]{1,20}", re.ASCII)
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_INITIALIZATION = re.compile(
    "on-demand|provisioned-concurrency|snap-start|lambda-managed-instances"
)


@dataclass(frozen=True)
class LogPage:
    """One answer. `streams` are those of every line in it, `reports` what the loader's lines say;
    `next_token` is "" on the last page.
    """

    streams: frozenset[str]
    reports: tuple[Report, ...]
    next_token: str


class LogsGateway(Gateway):
    service = "logs"
    commands = {"FilterLogEvents": "filter-log-events --log-group-name {}"}

    def filter_log_events(
        self,
        group: str,
        start: datetime,
        end: datetime | None = None,
        *,
        pattern: str = "",
        streams: Collection[str] = (),
        most: int = 0,
        token: str = "",
        deadline: Deadline | None = None,
    ) -> Known[LogPage]:
        """One page of the lines from `start` to `end`, oldest first: at most `most` of them, or as
        many as AWS gives. It may be empty and not the last. Raises ThingNotFound where there is no
        such group.
        """
        start_time = ("--start-time", str(_milliseconds(start)))
        shown = ("--filter-pattern", pattern) if pattern else ()
        call = self.describe_call("FilterLogEvents", group, *start_time, *shown)
        more: dict[str, Any] = {
            "endTime": _milliseconds(end) if end else None,
            "filterPattern": pattern,
            "logStreamNames": sorted(streams),
            "limit": most,
            "nextToken": token,
        }
        with self.asking(call, deadline):
            answer = self._client.filter_log_events(
                logGroupName=group,
                startTime=_milliseconds(start),
                **{name: value for name, value in more.items() if value},
            )
            events = answer["events"]
            page = LogPage(
                frozenset(event["logStreamName"] for event in events),
                tuple(report for event in events if (report := self._report(event))),
                answer.get("nextToken", ""),
            )
            return Known(page, call)

    def _report(self, event: Mapping[str, Any]) -> Report | None:
        """None for a line that is not the loader's, or of another function's in the same group."""
        told = _told(event.get("message", ""))
        stream = in_form(_STREAM, event["logStreamName"])
        if not told or not stream:
            return None
        if told.get("function", "") not in ("", self.environment.lambda_function):
            return None
        return Report(
            stream,
            datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
            _versions(told),
            in_form(_FUNCTION_VERSION, told.get("function_version")),
            _initialization(told.get("initialization_type", "")),
        )


def _told(message: str) -> dict[str, Any]:
    """The member of the loader in a line of JSON; empty for every other line."""
    if len(message) > LONGEST_LINE or '"miyabi_secrets"' not in message:
        return {}
    try:
        line = load_json(message)
    except ValueError:
        return {}
    told = line.get("miyabi_secrets") if isinstance(line, dict) else None
    return told if isinstance(told, dict) and isinstance(told.get("versions"), dict) else {}


def _initialization(told: object) -> str:
    """ "" where a line tells none, as one that somebody else's code wrote."""
    return in_form(_INITIALIZATION, told) or ("another" if told else "")


def _versions(told: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: version
        for name, text in told["versions"].items()
        if in_form(RESOURCE, name) and (version := in_form(VERSION_ID, text))
    }


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
