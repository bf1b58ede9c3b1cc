"""Dates as months: weeks of days, and what is due on each."""

from calendar import Calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar


class Dated(Protocol):
    @property
    def at(self) -> datetime | None: ...


Item = TypeVar("Item", bound=Dated)


@dataclass(frozen=True)
class Month(Generic[Item]):
    """`weeks` begin on Monday; a day of another month is None in them. `days` are those on which
    something is due, in order."""

    first: date
    weeks: tuple[tuple[date | None, ...], ...]
    days: Mapping[date, tuple[Item, ...]]

    @property
    def items(self) -> int:
        return sum(map(len, self.days.values()))


def by_month(items: Iterable[Item]) -> list[Month[Item]]:
    """The months in which something is due, in order; what has no date is in none."""
    by_day: dict[date, list[Item]] = {}
    for item in items:
        if item.at:
            by_day.setdefault(item.at.date(), []).append(item)
    firsts = sorted({day.replace(day=1) for day in by_day})
    return [_month(first, by_day) for first in firsts]


def _month(first: date, by_day: Mapping[date, list[Item]]) -> Month[Item]:
    days = {day: tuple(by_day[day]) for day in sorted(by_day) if day.replace(day=1) == first}
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    own = tuple(tuple(d if d.month == first.month else None for d in week) for week in weeks)
    return Month(first, own, days)
