"""How many tries of a kind there may be in a stretch of time, also when the clock is set."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Limit:
    """At most `most` tries in `seconds`.

    `in_a_row`: each try, a refused one as well, makes the earlier ones count as long as itself, so
    that a limit that is used up holds for `seconds` after the last of them.
    """

    name: str
    most: int
    seconds: int
    in_a_row: bool = False

    def begins(self, now: datetime) -> datetime:
        """What was tried at that time or before counts no more at `now`."""
        return now - timedelta(seconds=self.seconds)

    def counted(self, tries: Mapping[int, datetime], now: datetime) -> dict[int, datetime]:
        """Those of the earlier tries that count at `now`, and when each is held to have been made.

        A try in the future was made before the clock was put back. How long before, nobody knows,
        so it counts as made now: a used-up limit still holds, and for no longer than one that is
        used up now. A clock that is put forward ends a limit early.
        """
        since = self.begins(now)
        return {
            number: now if self.in_a_row else min(at, now)
            for number, at in tries.items()
            if at > since
        }
