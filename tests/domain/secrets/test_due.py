"""When a message tells of a date; and dates as months."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.secrets.due import Why, step_of
from secrets_ui.domain.secrets.months import by_month

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("why", "days", "step"),
    [
        (Why.AGE, 15, None), (Why.AGE, 14, 14), (Why.AGE, 2, 14), (Why.AGE, 1, 1),
        # Later the same day; and from then on the status tells of it.
        (Why.AGE, 0.2, 1), (Why.AGE, 0, None), (Why.AGE, -1, None),
        # The status warns of an expiry from 14 days before.
        (Why.EXPIRY, 14, None), (Why.EXPIRY, 1, 1), (Why.EXPIRY, -1, None),
        (Why.ROTATION, 1, None), (Why.KNOWN, -30, 0),
    ],
)  # fmt: skip
def test_a_message_is_due_14_days_and_a_day_before(why: Why, days: float, step: int | None) -> None:
    assert step_of(why, NOW + timedelta(days=days), NOW) == step


def test_nothing_is_told_of_what_nobody_knows_when() -> None:
    assert step_of(Why.AGE, None, NOW) is None


@dataclass(frozen=True)
class Item:
    at: datetime | None


def test_a_month_has_its_weeks_from_monday_and_what_is_due_on_its_days() -> None:
    first, last = Item(datetime(2028, 2, 1, tzinfo=UTC)), Item(datetime(2028, 2, 29, tzinfo=UTC))
    [month] = by_month([last, Item(None), first])

    assert month.first == date(2028, 2, 1)
    assert month.weeks[0] == (None, *(date(2028, 2, day) for day in range(1, 7)))
    assert month.weeks[-1] == (date(2028, 2, 28), date(2028, 2, 29), *(None,) * 5)
    assert month.days == {date(2028, 2, 1): (first,), date(2028, 2, 29): (last,)}


@given(st.lists(st.integers(0, 4_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))))
def test_every_date_is_in_its_month_once(moments: list[datetime]) -> None:
    months = by_month([Item(at) for at in moments])

    assert sum(month.items for month in months) == len(moments)
    assert [m.first for m in months] == sorted({at.date().replace(day=1) for at in moments})
    for month in months:
        shown = [day for week in month.weeks for day in week if day]
        assert shown == sorted(set(shown))
        assert set(month.days) <= set(shown)
