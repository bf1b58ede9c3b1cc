"""Days and times have one form in sentences."""

from datetime import date, datetime, timedelta, timezone

from secrets_ui.domain.secrets.dates import as_day, as_moment


def test_days_and_times_have_one_form_in_utc() -> None:
    tokyo = datetime(2026, 12, 1, 8, 5, 9, tzinfo=timezone(timedelta(hours=9)))
    assert (as_day(tokyo), as_day(date(2026, 12, 1))) == ("30 Nov 2026", "1 Dec 2026")
    assert as_moment(tokyo) == "30 Nov 2026, 23:05:09 UTC"
    assert as_moment("2026-11-23T14:05:09.123456Z") == "23 Nov 2026, 14:05:09 UTC"
