"""Moments, days and lengths of time, as pages tell them."""

from datetime import UTC, datetime

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def exact(moment: datetime | str | None) -> str:
    """Absolute UTC: 23 Nov 2026, 14:05:09 UTC."""
    value = _moment(moment)
    return f"{value.day} {value:%b %Y, %H:%M:%S} UTC" if value else "not known"


@register.filter
def clock(one: int, other: int) -> str:
    """The earlier of two times (epoch seconds) as the time of day: 14:05 UTC."""
    return f"{datetime.fromtimestamp(min(one, other), UTC):%H:%M} UTC"


@register.filter
def duration(seconds: int) -> str:
    """A limit of time in its largest whole unit: 30 seconds, 30 minutes, 12 hours."""
    number, word = next(
        (seconds // size, word)
        for size, word in ((3600, "hour"), (60, "minute"), (1, "second"))
        if seconds % size == 0
    )
    return f"{number} {word}{'' if number == 1 else 's'}"


@register.filter
def ago(moment: datetime | str | None) -> SafeString:
    """A relative time with the exact one on hover. For days without a time there is `ago_day`."""
    value = _moment(moment)
    if value is None:
        return mark_safe('<span class="dim">not known</span>')
    return _time(value.isoformat(timespec="seconds"), exact(value), _relative(value))


@register.filter
def in_days(moment: datetime) -> SafeString:
    """A day to come, or one that is over: in 12 days, today, 3 days ago."""
    days = (moment.astimezone(UTC).date() - datetime.now(UTC).date()).days
    number = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    text = "today" if not days else f"in {number}" if days > 0 else f"{number} ago"
    return _time(moment.isoformat(timespec="seconds"), exact(moment), text)


@register.filter
def is_over(moment: datetime) -> bool:
    return moment < datetime.now(UTC)


@register.filter
def ago_day(moment: datetime | None) -> SafeString | str:
    if moment is None:
        return "never, or not known"
    days = (datetime.now(UTC).date() - moment.astimezone(UTC).date()).days
    text = "today" if days <= 0 else "yesterday" if days == 1 else f"{days} days ago"
    day = moment.date().isoformat()
    return _time(day, f"{day} (AWS tells the day only)", text)


def _time(machine: str, hover: str, text: str) -> SafeString:
    """A `<time>`. It holds numbers and words of this module, so there is nothing to escape."""
    return mark_safe(f'<time datetime="{machine}" title="{hover}">{text}</time>')  # noqa: S308


def _relative(value: datetime) -> str:
    seconds = int((datetime.now(UTC) - value).total_seconds())
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {word}{'' if number == 1 else 's'} ago"
    return "just now" if seconds >= -60 else "in the future"


def _moment(moment: datetime | str | None) -> datetime | None:
    if isinstance(moment, str):
        return datetime.fromisoformat(moment.replace("Z", "+00:00")) if moment else None
    return moment
