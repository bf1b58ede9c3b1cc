"""A token bucket: so many acts a second, and a small burst. Tests pass a clock and a sleep of their
own.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

_BURST = 5  # calls that need not wait, after a time without any


class TokenBucket:
    """`rate` is in acts a second. Safe for many threads; each waits for its own turn."""

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._step, self._burst, self._clock, self._sleep = 1 / rate, burst, clock, sleep
        self._next = clock() - self._step * burst
        self._lock = threading.Lock()

    def take(self) -> float:
        """Waits for a token; returns for how many seconds."""
        with self._lock:
            now = self._clock()
            self._next = max(self._next + self._step, now - self._step * (self._burst - 1))
            wait = max(0.0, self._next - now)
        if wait:
            self._sleep(wait)
        return wait


class Pace:
    """A bucket for each AWS service by its botocore name, such as "secrets-manager", and the number
    of calls by operation.
    """

    def __init__(
        self,
        rates: Mapping[str, float],
        otherwise: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`rates` are calls a second by service; `otherwise` is that of every other service."""
        self._rates, self._otherwise, self._clock, self._sleep = rates, otherwise, clock, sleep
        self._buckets: dict[str, TokenBucket] = {}
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()

    def __call__(self, call: str) -> None:
        """`call` is "secrets-manager.ListSecrets"."""
        service = call.partition(".")[0]
        with self._lock:
            self.calls[call] += 1
            if service not in self._buckets:
                rate = self._rates.get(service, self._otherwise)
                self._buckets[service] = TokenBucket(rate, _BURST, self._clock, self._sleep)
        self._buckets[service].take()

    def take_calls(self) -> dict[str, int]:
        with self._lock:
            calls, self.calls = dict(self.calls), Counter()
        return dict(sorted(calls.items()))
