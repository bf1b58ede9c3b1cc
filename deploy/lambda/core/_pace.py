"""Pauses: random, so that functions that failed together do not ask again together."""

from __future__ import annotations

import os
from time import time

# Seconds after a refresh that failed; doubled each time.
FIRST, LONGEST = 10.0, 300.0


def random_part() -> float:
    """Return a number from 0 to 1. The random module takes longer to load."""
    return int.from_bytes(os.urandom(4), "big") / 2**32


class BackOff:
    """After a refresh that failed: what is held is served for a while, and AWS is left alone.

    The clock is that of read_at, which advances while Lambda has the function frozen.
    """

    __slots__ = ("failures", "seconds", "since")

    def __init__(self, before: BackOff | None) -> None:
        self.failures: int = before.failures + 1 if before else 1
        limit = min(LONGEST, FIRST * 2 ** min(self.failures - 1, 16))
        self.seconds: float = limit * (0.5 + random_part() / 2)
        self.since: float = time()

    def lasts(self) -> bool:
        """Whether it is still on. A clock that was set back ends it."""
        return 0 <= time() - self.since < self.seconds
