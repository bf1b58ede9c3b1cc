"""Times of the audit log: as it stores them, and as people and browsers write them in a filter.

All are in UTC.
"""

import re
from datetime import UTC, datetime, timedelta

_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?Z?", re.ASCII)


def read_moment(text: str) -> str:
    """`2026-11-23` or `2026-11-23 14:05[:09][Z]` as `2026-11-23T00:00` or `2026-11-23T14:05[:09]`.

    That is what an input of the type datetime-local holds (HTML standard, "valid local date and
    time string"). Raises ValueError for anything else, and for a day or time that does not exist.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(text)
    moment = f"{found[1]}T{found[2] or '00:00'}"
    datetime.fromisoformat(moment)
    return moment


def stored_ago(age: timedelta) -> str:
    """The time so long ago as a record's `at` spells it: always 27 characters, so that texts sort
    as times do."""
    return stored(datetime.now(UTC) - age)


def stored(moment: datetime) -> str:
    """The time as a record's `at` spells it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
