"""How long a role is given for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .roles import InvalidGrant

LONGEST = timedelta(days=366)
MOST_HOURS = LONGEST // timedelta(hours=1)


@dataclass(frozen=True)
class Term:
    """From `since` to `until`, both None for a role without an end; why, and which request it
    answers by its number, 0 for none."""

    since: datetime | None = None
    until: datetime | None = None
    reason: str = ""
    request: int = 0

    def described(self) -> dict[str, str]:
        """For the record: the end, in UTC to the second, and the request."""
        until = {"until": spelled(self.until)} if self.until else {}
        return until | ({"request": str(self.request)} if self.request else {})


FOREVER = Term()


def spelled(moment: datetime | None) -> str:
    """A role's end as records have it: 2026-12-04T18:00:00Z, "" for none."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def term_of(
    now: datetime, hours: int | None, until: datetime | None, reason: str = "", request: int = 0
) -> Term:
    """For so many hours, or until a time; without an end where neither is said.

    Raises InvalidGrant.
    """
    if hours is not None and until is not None:
        raise InvalidGrant("Say for how many hours, or until when; not both.", key="until")
    if hours is not None:
        until = now + timedelta(hours=hours)
    if until is None:
        return Term(reason=reason, request=request)
    if not now < until <= now + LONGEST:
        raise InvalidGrant(
            f"A role ends in the future, and within {LONGEST.days} days. Times are in UTC.",
            key="until",
        )
    return Term(now, until.replace(microsecond=0), reason, request)
