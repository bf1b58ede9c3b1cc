"""Cost: by the hour, never more so far than in the whole month, and unknown is not zero."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.usage.cost import (
    Cost,
    Figure,
    Month,
    Prices,
    Span,
    cost_of_calls,
    cost_of_keys,
    cost_of_one_more,
    cost_of_secrets,
    total,
    unknown,
)

PRICE, CALLS = Decimal("0.40"), Decimal("0.05")
PRICES = Prices(PRICE, CALLS, Decimal(1))
NOVEMBER = Month(datetime(2026, 11, 16, tzinfo=UTC))  # 15 of 30 days have passed

moments = st.integers(0, 8 * 366 * 86_400).map(
    lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
spans = st.lists(
    st.tuples(st.none() | moments, st.none() | moments).map(
        lambda ends: Span(*sorted(ends)) if None not in ends else Span(*ends)  # type: ignore[type-var]
    ),
    max_size=5,
)
counts = st.integers(0, 10**9)


@given(moments)
def test_a_month_is_the_calendar_s_and_passes_from_0_to_1(now: datetime) -> None:
    month = Month(now)
    assert month.start <= now < month.end
    assert month.end - month.start == timedelta(days=month.days)
    assert (month.start.day, month.end.day) == (1, 1)
    assert 0 <= month.passed < 1


def test_a_month_is_utc_s_wherever_the_clock_stands() -> None:
    in_tokyo = datetime(2026, 12, 1, 8, 0, tzinfo=timezone(timedelta(hours=9)))
    assert Month(in_tokyo).start == datetime(2026, 11, 1, tzinfo=UTC)


@given(moments, spans)
def test_secrets_cost_no_more_so_far_than_in_the_whole_month(
    now: datetime, spans: list[Span]
) -> None:
    figure = cost_of_secrets(Month(now), PRICE, spans)
    assert figure.so_far is not None
    assert figure.month is not None
    assert 0 <= figure.so_far <= figure.month <= PRICE * len(spans)


@given(moments, spans, st.timedeltas(timedelta(0), timedelta(days=31)))
def test_what_was_paid_never_grows_less(now: datetime, spans: list[Span], later: timedelta) -> None:
    month, then = Month(now), Month(min(now + later, Month(now).end - timedelta(seconds=1)))
    before, after = (
        cost_of_secrets(month, PRICE, spans).so_far,
        cost_of_secrets(then, PRICE, spans).so_far,
    )
    assert before is not None
    assert after is not None
    assert before <= after


def test_a_secret_is_paid_for_by_the_hours_that_it_is_there() -> None:
    def result(*spans: Span) -> tuple[Decimal | None, Decimal | None]:
        figure = cost_of_secrets(NOVEMBER, PRICE, spans)
        return figure.so_far, figure.month

    old = datetime(2025, 1, 1, tzinfo=UTC)
    assert result(Span(old)) == (Decimal("0.20"), Decimal("0.40"))
    assert result(Span(None)) == (Decimal("0.20"), Decimal("0.40"))
    assert result(Span(datetime(2026, 11, 10, tzinfo=UTC))) == (Decimal("0.08"), Decimal("0.28"))
    assert result(Span(old, datetime(2026, 11, 4, tzinfo=UTC))) == (
        Decimal("0.04"),
        Decimal("0.04"),
    )
    assert result(Span(old, datetime(2026, 10, 20, tzinfo=UTC))) == (Decimal(0), Decimal(0))
    assert result() == (Decimal(0), Decimal(0))


def test_the_first_of_a_month_costs_nothing_yet_and_a_short_month_as_much_as_a_long_one() -> None:
    for now in (datetime(2027, 2, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)):
        figure = cost_of_secrets(Month(now), PRICE, [Span(None)])
        assert (figure.so_far, figure.month) == (Decimal(0), PRICE)


@given(moments)
def test_without_a_data_point_calls_are_not_known_and_never_zero(now: datetime) -> None:
    figure = cost_of_calls(Month(now), CALLS, {})
    assert (figure.so_far, figure.month) == (None, None)
    assert "no data point" in figure.how


@given(moments, st.dictionaries(st.integers(0, 40), counts, min_size=1))
def test_calls_cost_no_more_so_far_than_in_the_whole_month(
    now: datetime, ago: dict[int, int]
) -> None:
    calls = {now.date() - timedelta(days=back): count for back, count in ago.items()}
    figure = cost_of_calls(Month(now), CALLS, calls)
    if figure.so_far is not None and figure.month is not None:
        assert 0 <= figure.so_far <= figure.month


def test_calls_so_far_are_those_of_this_month_and_the_rest_is_like_the_average_day() -> None:
    days = {date(2026, 11, day): 10_000 for day in range(1, 16)} | {
        date(2026, 10, day): 10_000 for day in range(20, 32)
    }
    figure = cost_of_calls(NOVEMBER, CALLS, days)
    assert (figure.so_far, figure.month) == (CALLS * 15, CALLS * 30)
    assert figure.how == "150,000 calls, $0.05 for 10,000; the rest as on average, 10,000 a day"


def test_a_day_without_a_point_between_others_counts_as_a_quiet_day() -> None:
    # Ten whole days until today.
    figure = cost_of_calls(NOVEMBER, CALLS, {date(2026, 11, 6): 100_000})
    assert "10,000 a day" in figure.how
    assert figure.month == CALLS * 10 + CALLS * 15


def test_on_the_first_what_was_counted_before_tells_the_month_and_so_far_is_not_known() -> None:
    first = Month(datetime(2026, 11, 1, 0, 5, tzinfo=UTC))
    figure = cost_of_calls(first, CALLS, {date(2026, 10, day): 10_000 for day in range(1, 32)})
    assert (figure.so_far, figure.month) == (None, CALLS * 30)


def test_before_a_whole_day_was_counted_the_month_is_not_known() -> None:
    figure = cost_of_calls(NOVEMBER, CALLS, {date(2026, 11, 16): 7})
    assert (figure.so_far, figure.month) == (CALLS * 7 / 10_000, None)


def test_keys_are_paid_for_as_the_month_passes() -> None:
    figure = cost_of_keys(NOVEMBER, Decimal(1), 2)
    assert (figure.so_far, figure.month) == (Decimal(1), Decimal(2))


figures = st.builds(
    Figure,
    st.just("x"),
    st.none() | st.decimals(0, 1000, places=4),
    st.none() | st.decimals(0, 1000, places=4),
    st.just(""),
)


@given(st.lists(figures, min_size=1, max_size=4))
def test_a_sum_with_something_unknown_says_so_and_adds_up_the_rest(given: list[Figure]) -> None:
    cost = Cost(tuple(given))
    assert cost.is_known is all(
        figure.so_far is not None and figure.month is not None for figure in given
    )
    assert bool(cost.unknown) is not cost.is_known
    assert cost.so_far == sum(figure.so_far or 0 for figure in given)
    assert total([cost, cost]).month == 2 * cost.month


def test_nothing_known_at_all_is_told_apart_from_free() -> None:
    assert not Cost((unknown("Secrets", "why"), unknown("Calls", "why"))).has_any
    assert Cost((unknown("Secrets", "why"), cost_of_keys(NOVEMBER, Decimal(1), 0))).has_any


@pytest.mark.parametrize(
    ("known", "calls", "how"),
    [
        ([], None, "the calls of no environment are known"),
        (
            [Decimal("0.30")],
            Decimal("0.30"),
            "as many as the one environment whose calls are known",
        ),
        (
            [Decimal(1), Decimal(2)],
            Decimal("1.5"),
            "the average of the 2 environments whose calls are known",
        ),
    ],
)
def test_one_more_environment_is_like_the_others(
    known: list[Decimal], calls: Decimal | None, how: str
) -> None:
    cost = cost_of_one_more(PRICES, 2, known)
    by_name = {figure.name: figure for figure in cost.figures}
    assert (by_name["Secrets"].month, by_name["Keys"].month) == (Decimal("0.80"), Decimal(1))
    assert (by_name["Calls"].month, by_name["Calls"].how) == (calls, how)
    assert cost.is_known is (calls is not None)
