"""iCalendar: any name comes out as it went in, in lines as RFC 5545 wants them."""

import re
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.secrets.icalendar import Entry, write_calendar

NOW = datetime(2026, 11, 30, 4, 56, 10, tzinfo=UTC)


def unfolded(text: str) -> list[str]:
    """The content lines, as a reader puts them together: section 3.1."""
    return text.replace("\r\n ", "").split("\r\n")


def read_text(value: str) -> str:
    """Section 3.3.11."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def test_an_entry_is_a_day_that_takes_nobodys_time() -> None:
    entry = Entry(("prod", "a", "TOKEN", "age"), date(2026, 12, 31), "Rotate TOKEN (prod)", "a")
    lines = unfolded(write_calendar("Miyabi; secrets", [entry], NOW))

    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Miyabi//Secrets console//EN"]
    assert "NAME:Miyabi\\; secrets" in lines
    start = lines.index("BEGIN:VEVENT")
    assert re.fullmatch(r"UID:[0-9a-f]{32}@miyabi-secrets", lines[start + 1])
    assert lines[start + 2 :] == [
        "DTSTAMP:20261130T045610Z",
        "DTSTART;VALUE=DATE:20261231",
        "DTEND;VALUE=DATE:20270101",
        "SUMMARY:Rotate TOKEN (prod)",
        "DESCRIPTION:a",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_an_entry_keeps_its_uid_when_its_day_moves_and_shares_it_with_no_other() -> None:
    entries = [
        Entry(("prod", "a", "B"), date(2026, 12, 1), "x"),
        Entry(("prod", "a", "B"), date(2027, 1, 9), "y"),
        Entry(("prod", "a", "C"), date(2026, 12, 1), "x"),
    ]
    lines = write_calendar("M", entries, NOW).split("\r\n")
    same, moved, other = [line for line in lines if line.startswith("UID:")]
    assert same == moved != other


# What a name of AWS's or a key may hold, and what none does.
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\\;, é鍵😀")))
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    written = write_calendar("M", [Entry(("a",), date(2026, 12, 1), text)], NOW)

    assert max(len(line.encode()) for line in written.split("\r\n")) <= 75
    assert not re.search(r"(?<!\r)\n|\r(?!\n)", written)
    [summary] = [line for line in unfolded(written) if line.startswith("SUMMARY:")]
    assert read_text(summary.removeprefix("SUMMARY:")) == text


def test_half_a_character_and_control_characters_break_no_line() -> None:
    written = write_calendar(
        "M", [Entry(("\ud800",), date(2026, 12, 1), "a\ud800\r\nb\x00\r")], NOW
    )
    assert "SUMMARY:a?\\nb  \r\n" in written
