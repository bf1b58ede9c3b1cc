"""When a key is due: one date for each reason to replace its value."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SOON = 14  # days: as long before an expiry the status warns (domain/secrets/tried.py)


class Why(StrEnum):
    """Why a key is due; the strings are stored."""

    AGE = "age"  # the catalogue's limit
    EXPIRY = "expiry"  # as whoever gave it out told
    KNOWN = "known"  # to somebody who has no role for it any more
    ROTATION = "rotation"  # AWS does it by itself


@dataclass(frozen=True)
class DueDate:
    """`key` is "" where the whole secret is due. `text` says why, as a sentence.

    `at` is None where nobody knows when. It is the latest moment where it is not exact.
    """

    key: str
    why: Why
    at: datetime | None
    text: str
    is_exact: bool = True


def step_of(why: str, at: datetime | None, now: datetime) -> int | None:
    """By how many days ahead a message is due now: 14 or 1, None for none.

    From the day itself on, the status tells of it (keys_are_young_enough, credentials_work), as it
    does of an expiry from 14 days before. What AWS does by itself nobody has to be told of; what
    somebody who left knows is due at once: 0.
    """
    if at is None or why == Why.ROTATION:
        return None
    if why == Why.KNOWN:
        return 0
    if at <= now:
        return None
    days = (at.date() - now.date()).days
    steps = (1, SOON) if why == Why.AGE else (1,)
    return next((step for step in steps if days <= step), None)
