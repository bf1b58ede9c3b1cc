"""The history of an environment's status: spans of time, and the strip of days made of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from ..access.finding import Status
from ..errors.wording import plural
from .status import worst
from .words import STATUS_WORDS

DAYS = 90
DayStatus = Status | Literal["unwatched"]


@dataclass(frozen=True)
class Span:
    """From `began` to `until` an environment was watched and had this status."""

    status: Status
    began: datetime
    until: datetime


@dataclass(frozen=True)
class Day:
    """`status` is the worst of the day; "unwatched" where nobody looked."""

    day: date
    status: DayStatus

    @property
    def text(self) -> str:
        return f"{self.day.day} {self.day:%b}: {WORDS[self.status]}"


IN_ORDER: tuple[Status, ...] = ("pass", "warn", "fail", "unknown", "skipped")
WORDS: dict[DayStatus, str] = {
    **{status: STATUS_WORDS[status].day for status in IN_ORDER},
    "unwatched": "nobody looked",
}


def strip(spans: Iterable[Span], today: date, days: int = DAYS) -> tuple[Day, ...]:
    """The latest `days` days in UTC, oldest first."""
    by_day: dict[date, set[Status]] = {}
    first = today - timedelta(days=days - 1)
    for span in spans:
        day, last = max(span.began.astimezone(UTC).date(), first), span.until.astimezone(UTC).date()
        while day <= min(last, today):
            by_day.setdefault(day, set()).add(span.status)
            day += timedelta(days=1)
    every = (first + timedelta(days=number) for number in range(days))
    return tuple(Day(day, worst(by_day[day]) if day in by_day else "unwatched") for day in every)


def in_words(days: Iterable[Day]) -> str:
    """`a failure on 3 days (last on 24 Nov), healthy on 80, nobody looked on 7`: worst first."""
    days = tuple(days)
    failed = [day for day in days if day.status == "fail"]
    counts = Counter(day.status for day in days)
    parts = [
        f"{WORDS[status]} on {counts[status]}"
        for status in WORDS
        if counts[status] and status != "fail"
    ]
    if failed:
        last = failed[-1].day
        parts.insert(0, f"a failure on {plural(len(failed), 'day')} (last on {last.day} {last:%b})")
    return ", ".join(parts)
