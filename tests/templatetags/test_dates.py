"""Times, as pages tell them."""

from datetime import UTC, datetime

import pytest

from secrets_ui.templatetags.dates import ago, ago_day, clock, duration


def test_a_time_is_told_with_the_exact_one_on_hover() -> None:
    moment = datetime(2026, 11, 23, 14, 5, 9, tzinfo=UTC)
    result = '<time datetime="2026-11-23T14:05:09+00:00" title="23 Nov 2026, 14:05:09 UTC">'
    assert str(ago(moment)).startswith(result)
    assert str(ago(moment.isoformat())).startswith(result)
    assert 'title="2026-11-23 (AWS tells the day only)"' in str(ago_day(moment))


def test_the_earlier_of_two_ends_is_told() -> None:
    assert clock(3600, 7200) == clock(7200, 3600) == "01:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (30, "30 seconds"),
        (1, "1 second"),
        (60, "1 minute"),
        (1800, "30 minutes"),
        (90, "90 seconds"),
        (43200, "12 hours"),
    ],
)
def test_a_limit_of_time_is_told_in_its_largest_whole_unit(seconds: int, words: str) -> None:
    assert duration(seconds) == words
