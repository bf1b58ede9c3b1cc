"""The strip of 90 days: the worst of each day, and a line where nobody looked."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.access.finding import WORST_FIRST
from secrets_ui.domain.status.history import Span, in_words, strip

TODAY = date(2026, 11, 25)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


def test_each_day_has_the_worst_status_of_its_spans() -> None:
    spans = [
        Span("pass", days_ago(3), days_ago(1)),
        Span("fail", days_ago(2.1), days_ago(2)),
        Span("warn", days_ago(0.2), NOON),
    ]
    result = strip(spans, TODAY, days=5)
    assert [day.status for day in result] == ["unwatched", "pass", "fail", "pass", "warn"]
    assert result[-1].text == "25 Nov: a warning"


def test_it_is_told_in_words_too() -> None:
    spans = [Span("pass", days_ago(1), NOON), Span("fail", days_ago(2), days_ago(2))]
    result = in_words(strip(spans, TODAY, days=5))
    assert result == "a failure on 1 day (last on 23 Nov), healthy on 2, nobody looked on 2"
    assert in_words(strip([], TODAY, days=5)) == "nobody looked on 5"


spans = st.builds(
    lambda status, began, length: Span(
        status, days_ago(began), days_ago(began) + timedelta(days=length)
    ),
    st.sampled_from(WORST_FIRST),
    st.floats(0, 200),
    st.floats(0, 50),
)


@given(st.lists(spans, max_size=6), st.randoms())
def test_there_are_always_90_days_whatever_the_order(found: list[Span], random: object) -> None:
    result = strip(found, TODAY)
    random.shuffle(found)
    assert strip(found, TODAY) == result
    assert (len(result), result[-1].day) == (90, TODAY)
