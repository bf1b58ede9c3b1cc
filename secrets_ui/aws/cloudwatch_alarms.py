"""CloudWatch's gateway for alarms: which there are, and which ring."""

from __future__ import annotations

from ..domain.evidence import Known
from ..domain.watched import Alarm
from .base import Gateway
from .translate import told_as_ours


class CloudWatchAlarmsGateway(Gateway):
    """Raises AwsError and its kinds."""

    service = "cloudwatch"

    def describe_alarms(self, prefix: str) -> Known[tuple[Alarm, ...]]:
        """Metric and composite alarms whose name starts with `prefix`.
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html"""
        call = self.told("DescribeAlarms", prefix, "describe-alarms", "--alarm-name-prefix", prefix)
        with told_as_ours(call):
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
            )
            found = [
                Alarm(
                    entry["AlarmName"],
                    entry["StateValue"],
                    entry.get("StateUpdatedTimestamp"),
                    str(entry.get("StateReason", ""))[:300],
                )
                for page in pages
                for entry in (*page.get("MetricAlarms", []), *page.get("CompositeAlarms", []))
            ]
            return Known(tuple(sorted(found, key=lambda alarm: alarm.name)), call)
