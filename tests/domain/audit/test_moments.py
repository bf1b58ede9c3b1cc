"""Times of the audit log's filter: each form that is taken, as a browser's field holds it."""

import pytest

from secrets_ui.domain.audit.moments import read_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23", "2026-11-23T00:00"),
        ("2026-11-23Z", "2026-11-23T00:00"),
        ("2026-11-23 14:05", "2026-11-23T14:05"),
        ("2026-11-23T14:05", "2026-11-23T14:05"),
        ("2026-11-23T14:05:09", "2026-11-23T14:05:09"),
        ("2026-11-23 14:05:09Z", "2026-11-23T14:05:09"),
    ],
)
def test_a_day_or_a_time_is_what_a_field_for_times_holds(text: str, moment: str) -> None:
    assert read_moment(text) == moment
    assert read_moment(moment) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-02-30",
        "2026-13-01",
        "2026-11-23 24:01",
        "2026-11-23 14",
        "0000-01-01",
        "2026-11-23T14:05+09:00",
        "2026-11-23\n",
        "２０２６-11-23",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_moment(text)
