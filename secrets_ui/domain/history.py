"""The history of an environment's status: spans in which it was watched, and the strip of days drawn from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from .finding import Status
from .status import worst

DAYS = 90
DayStatus = Status | Literal["unwatched"]


@dataclass(frozen=True)
class Span:
    """From `began` to `seen` an environment was watched and had this status."""

    status: Status
    began: datetime
    seen: datetime


@dataclass(frozen=True)
class Day:
    """`status` is the worst of the day; "unwatched" where nobody looked."""

    day: date
    status: DayStatus

    @property
    def text(self) -> str:
        return f"{self.day.day} {self.day:%b}: {WORDS[self.status]}"


WORDS: dict[DayStatus, str] = {
    "pass": "healthy", "warn": "something to look at", "fail": "a failure", "unknown": "not known for a time",
    "skipped": "not checked", "unwatched": "nobody looked",
}  # fmt: skip


def strip(spans: Iterable[Span], today: date, days: int = DAYS) -> tuple[Day, ...]:
    """The latest `days` days in UTC, oldest first."""
    by_day: dict[date, set[Status]] = {}
    first = today - timedelta(days=days - 1)
    for span in spans:
        day, last = max(span.began.astimezone(UTC).date(), first), span.seen.astimezone(UTC).date()
        while day <= min(last, today):
            by_day.setdefault(day, set()).add(span.status)
            day += timedelta(days=1)
    every = (first + timedelta(days=number) for number in range(days))
    return tuple(Day(day, worst(by_day[day]) if day in by_day else "unwatched") for day in every)


def runs_of(days: Iterable[Day]) -> list[tuple[Day, int]]:
    """Neighbours of one status as (first day, number), for a description in words."""
    told: list[tuple[Day, int]] = []
    for day in days:
        if told and told[-1][0].status == day.status:
            told[-1] = (told[-1][0], told[-1][1] + 1)
        else:
            told.append((day, 1))
    return told


def in_words(days: Iterable[Day]) -> str:
    """`unwatched 80 days, then healthy 10 days`"""
    return ", then ".join(
        f"{WORDS[day.status]} {number} {'day' if number == 1 else 'days'}" for day, number in runs_of(days)
    )
