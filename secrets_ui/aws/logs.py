"""CloudWatch Logs' gateway: the loader's lines in the log group of the function, and who writes;
queries of Logs Insights over the log group of a trail.

Whoever runs code in the function writes its log, so a line is read strictly, and a text of another
form than it should have is dropped.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..domain.access.evidence import Known
from ..domain.deadline import Deadline
from ..domain.errors.nesting import load_json
from ..domain.secrets.rollout import Report
from ..domain.usage.reads import Call
from .base import Gateway
from .texts import RESOURCE, VERSION_ID, in_form
from .trail_event import read_call

# docs/lambda-loader.md, "The line in the log"
PATTERN = '{ $.miyabi_secrets.at = "*" }'
# The most streams that one question names:
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
MOST_STREAMS = 100
LONGEST_LINE = 20_000  # characters; that of 20 secrets by their ARNs has some 5,000
MOST_FOUND = 1_000  # events of one query; AWS would give 10,000
_MESSAGE = "@message"
_QUERY_ID = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
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


@dataclass(frozen=True)
class QueryResults:
    """`status` is AWS's word: Complete, Running, Scheduled, Failed, Cancelled, Timeout, Unknown."""

    status: str
    calls: tuple[Call, ...]

    @property
    def is_over(self) -> bool:
        return self.status not in ("Running", "Scheduled")


class LogsGateway(Gateway):
    service = "logs"
    commands = {
        "FilterLogEvents": "filter-log-events --log-group-name {}",
        "StartQuery": "start-query --log-group-name {}",
        "GetQueryResults": "get-query-results --query-id {}",
    }

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

    def start_query(
        self, group: str, events: Sequence[str], named: str, start: datetime, end: datetime
    ) -> Known[str]:
        """Begins to look for the latest calls of these kinds whose event has the text `named`, a
        secret's name. Its id leads to the results.
        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
        """
        query = _query(events, named)
        times = [str(int(moment.timestamp())) for moment in (start, end)]
        words = ("--start-time", times[0], "--end-time", times[1], "--query-string", query)
        call = self.describe_call("StartQuery", group, *words)
        with self.asking(call):
            answer = self._client.start_query(
                logGroupName=group,
                startTime=int(times[0]),
                endTime=int(times[1]),
                queryString=query,
                limit=MOST_FOUND,
            )
            return Known(in_form(_QUERY_ID, answer["queryId"]), call)

    def get_query_results(self, query_id: str) -> Known[QueryResults]:
        """What the query has found so far."""
        call = self.describe_call("GetQueryResults", query_id)
        with self.asking(call):
            answer = self._client.get_query_results(queryId=query_id)
            messages = (
                field.get("value") or "{}"
                for row in answer["results"]
                for field in row
                if field.get("field") == _MESSAGE
            )
            calls = (read_call(load_json(message)) for message in messages)
            found = tuple(one for one in calls if one is not None)
            return Known(QueryResults(answer["status"], found), call)

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


def _query(events: Sequence[str], named: str) -> str:
    """A secret's name has no quotes or backslashes, so it stays within its own.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
    """
    kinds = ", ".join(f'"{event}"' for event in events)
    return (
        f"fields {_MESSAGE} | filter eventName in [{kinds}] "
        f'and strcontains({_MESSAGE}, "{named}") | sort @timestamp desc | limit {MOST_FOUND}'
    )
