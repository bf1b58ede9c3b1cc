"""CloudWatch's gateway: metrics by day, and alarms with their state."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from ..domain.access.evidence import Known
from ..domain.usage.alarm import Alarm
from ..domain.usage.usage import Metric, Series
from .base import Gateway
from .texts import sentence

A_DAY = 86_400  # seconds
MOST_PAGES = 20  # 500 metrics of 30 days fit into one
LONGEST_REASON = 300  # characters: CloudWatch repeats the values of metrics at length


class CloudWatchGateway(Gateway):
    service = "cloudwatch"
    commands = {
        "GetMetricData": "get-metric-data",
        "DescribeAlarms": "describe-alarms --alarm-name-prefix",
    }

    def get_metric_data(
        self, metrics: Iterable[Metric], start: datetime, end: datetime
    ) -> Known[Mapping[Metric, Series]]:
        """Sums by day of each metric, in one question whose answer may come in pages. `start` is a
        midnight in UTC.
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
        """
        by_id = {f"m{number}": metric for number, metric in enumerate(metrics)}
        queries = [_query(name, metric) for name, metric in by_id.items()]
        shown = json.dumps(queries[:1], separators=(",", ":"))
        times = ("--start-time", _iso(start), "--end-time", _iso(end))
        call = self.describe_call("GetMetricData", "", *times, "--metric-data-queries", shown)
        days: dict[str, dict[date, int]] = {name: {} for name in by_id}
        status = dict.fromkeys(by_id, "")
        with self.asking(call):
            for result in self._metric_results(queries, start, end):
                _add(result, days[result["Id"]])
                status[result["Id"]] = result.get("StatusCode", "Complete")
        series = {by_id[name]: Series(days[name], _problem(status[name])) for name in by_id}
        return Known(series, call)

    def _metric_results(
        self, queries: Sequence[Mapping[str, Any]], start: datetime, end: datetime
    ) -> Iterator[Mapping[str, Any]]:
        asked: dict[str, Any] = {"MetricDataQueries": queries, "StartTime": start, "EndTime": end}
        for _ in range(MOST_PAGES):
            answer = self._client.get_metric_data(**asked)
            yield from answer["MetricDataResults"]
            if not answer.get("NextToken"):
                break
            asked["NextToken"] = answer["NextToken"]

    def describe_alarms(self, prefix: str) -> Known[tuple[Alarm, ...]]:
        """Metric and composite alarms whose names start with `prefix`, by name: one call for each
        hundred.
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        """
        call = self.describe_call("DescribeAlarms", "", prefix)
        with self.asking(call):
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
            )
            found = [
                _alarm(entry)
                for page in pages
                for entry in (*page["MetricAlarms"], *page.get("CompositeAlarms", []))
            ]
            return Known(tuple(sorted(found, key=lambda alarm: alarm.name)), call)


def _query(name: str, metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in metric.dimensions]
    asked = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": asked, "Period": A_DAY, "Stat": "Sum"}}


def _add(result: Mapping[str, Any], days: dict[date, int]) -> None:
    """One page of a series. A page may end within a day, so values are added."""
    for at, value in zip(result["Timestamps"], result["Values"], strict=True):
        day = at.astimezone(UTC).date()
        days[day] = days.get(day, 0) + round(value)


def _problem(status: str) -> str:
    """PartialData on the last page: CloudWatch has more and gave no way to it. "" as the status
    means that the metric was not in the answer at all.
    """
    return "" if status == "Complete" else status or "not answered"


def _alarm(entry: Mapping[str, Any]) -> Alarm:
    return Alarm(
        name=entry["AlarmName"],
        state=entry["StateValue"],
        since=entry.get("StateTransitionedTimestamp") or entry.get("StateUpdatedTimestamp"),
        metric=entry.get("MetricName", ""),
        reason=sentence(entry.get("StateReason", ""), LONGEST_REASON),
    )


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
