"""A worker's threads, divided by what their requests wait for: where one thing hangs, the threads
of the others stay free. docs/decisions/0021-lanes.md says why."""

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

# Threads of each worker. Which page goes where: secrets_ui/lanes.py.
LANES = {
    "health": 2,  # waits for nothing: /livez, /readyz, and the answer that a lane is full
    "pages": 3,  # the database alone
    "sign-in": 3,  # a place to hash a password
    "provider": 2,  # the identity provider
    "aws": 8,  # AWS
    "exports": 1,  # whoever reads the file
}
PATIENCE = 10  # seconds that a request waits for a thread
LONGEST_QUEUE = 64  # requests; of all lanes together, fewer than the connections of a worker


class Lane(Generic[T]):
    """The requests of one lane. Used by one thread alone, the one that deals them out."""

    def __init__(self, threads: int, longest_queue: int = LONGEST_QUEUE) -> None:
        self._free, self._longest_queue = threads, longest_queue
        self._waiting: deque[tuple[float, T]] = deque()

    def enter(self, request: T, now: float) -> list[T]:
        """The requests to begin: this one, or none while no thread is free. `now` in seconds.

        Raises Full.
        """
        if len(self._waiting) >= self._longest_queue:
            raise Full
        self._waiting.append((now + PATIENCE, request))
        return self._begin()

    def leave(self) -> list[T]:
        """A thread is free again. The requests to begin."""
        self._free += 1
        return self._begin()

    def _begin(self) -> list[T]:
        begun = []
        while self._free and self._waiting:
            self._free -= 1
            begun.append(self._waiting.popleft()[1])
        return begun

    def give_up(self, now: float) -> list[T]:
        """Those that have waited too long, and wait no more."""
        late = []
        while self._waiting and self._waiting[0][0] <= now:
            late.append(self._waiting.popleft()[1])
        return late


class Full(Exception):
    """So many requests wait in this lane that another one would wait in vain."""
