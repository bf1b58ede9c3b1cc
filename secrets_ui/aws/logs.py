"""CloudWatch Logs' gateway: queries of Logs Insights over the log group of a trail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..domain.access.evidence import Known
from ..domain.errors.nesting import load_json
from ..domain.usage.reads import Call
from .base import Gateway
from .texts import in_form
from .trail_event import read_call

MOST = 1_000  # events of one query; AWS would give 10,000
_QUERY_ID = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
_MESSAGE = "@message"


@dataclass(frozen=True)
class QueryResults:
    """`status` is AWS's word: Complete, Running, Scheduled, Failed, Cancelled, Timeout, Unknown."""

    status: str
    calls: tuple[Call, ...]

    @property
    def is_over(self) -> bool:
        return self.status not in ("Running", "Scheduled")


class LogsGateway(Gateway):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html"""

    service = "logs"
    commands = {
        "StartQuery": "start-query --log-group-name {}",
        "GetQueryResults": "get-query-results --query-id {}",
    }

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
                limit=MOST,
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


def _query(events: Sequence[str], named: str) -> str:
    """A name has no quotes or backslashes, and none of its letters ends the text in quotes."""
    kinds = ", ".join(f'"{event}"' for event in events)
    return (
        f"fields {_MESSAGE} | filter eventName in [{kinds}] "
        f'and strcontains({_MESSAGE}, "{named}") | sort @timestamp desc | limit {MOST}'
    )
