"""Days and times as sentences name them, and pages. Those for programs are in RFC 3339."""

from datetime import UTC, date, datetime


def as_day(moment: date) -> str:
    """As pages and sentences name a day, in UTC: 23 Nov 2026."""
    day = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    return f"{day.day} {day:%b %Y}"


def as_moment(moment: datetime | str) -> str:
    """As pages and sentences name a time: 23 Nov 2026, 14:05:09 UTC. A text is one as records have
    it, in RFC 3339."""
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{as_day(moment)}, {moment.astimezone(UTC):%H:%M:%S} UTC"
