"""What was made before is not made again of the same."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class LastMade(Generic[T]):
    """The last result under each key, and what it was made of; of the `most` keys last asked for.

    Unlike `functools.lru_cache` it hashes nothing but the key. What a result was made of is
    compared, which is at once where it holds the same objects; so all that it depends on has to
    be in it, and no value of a secret.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[object, T]] = OrderedDict()

    def of(self, key: Hashable, made_of: object, make: Callable[[], T]) -> T:
        """The kept result where it was made of the same; else a new one."""
        kept = self._kept.get(key)
        result = kept[1] if kept and kept[0] == made_of else make()
        with self._lock:
            self._kept[key] = (made_of, result)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return result
