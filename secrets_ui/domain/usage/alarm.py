"""A CloudWatch alarm and its state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
# CloudWatch's own words for its states.
STATE_WORDS: Mapping[AlarmState, str] = {
    "OK": "OK",
    "ALARM": "In alarm",
    "INSUFFICIENT_DATA": "Insufficient data",
}


@dataclass(frozen=True)
class Alarm:
    """A metric or composite alarm; a composite one has no metric.

    `since` is when it came into its present state, and `reason` what CloudWatch says of that.
    """

    name: str
    state: AlarmState
    since: datetime | None = None
    metric: str = ""
    reason: str = ""


def in_alarm(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    return tuple(alarm for alarm in alarms if alarm.state == "ALARM")
