"""A CloudWatch alarm and its state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]


@dataclass(frozen=True)
class Alarm:
    """`since` is when it came into its present state, `reason` CloudWatch's own word for that. A composite alarm has no metric."""

    name: str
    state: AlarmState
    since: datetime | None = None
    metric: str = ""
    threshold: float | None = None
    reason: str = ""


def ringing(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    return tuple(alarm for alarm in alarms if alarm.state == "ALARM")
