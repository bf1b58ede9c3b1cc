"""What this instance holds: read once, and again when it is too old.

A refresh that fails leaves what is held. docs/decisions/0028-what-is-held-is-served.md says why.
"""

from __future__ import annotations

import os
import threading
from time import time

from . import _log, _names, _reading, _report
from ._deadline import REFRESH_SECONDS, SECONDS, make_deadline
from ._errors import SecretsError, TimedOut
from ._pace import BackOff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from ._asked import Asked
    from ._deadline import Deadline
    from ._value import SecretValue

# One thread reads; others wait and find the result.
_lock = threading.Lock()


def _renew_lock() -> None:
    """Make a new lock in a forked child: whichever thread held the old one is not in it.

    Nothing else outlives a read: each has connections of its own, and ends with them.
    """
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_lock)


class Terms:
    """How fresh a value must be, and how long it may take. Raises InvalidInput."""

    __slots__ = ("context", "max_age", "refresh", "strict", "timeout")

    def __init__(
        self,
        max_age: float | None,
        refresh: bool,
        strict: bool,
        timeout: float | None,
        context: Any,
    ) -> None:
        _names.ensure_max_age(max_age)
        self.max_age, self.refresh, self.strict = max_age, refresh, strict
        self.timeout, self.context = timeout, context

    @property
    def may_fall_back(self) -> bool:
        """Whether what is held will do when a refresh fails."""
        return not (self.refresh or self.strict)

    def are_met_by(self, value: SecretValue) -> bool:
        """Whether it is fresh enough. A clock that was set back makes it stale."""
        if self.refresh:
            return False
        return self.max_age is None or 0 <= time() - value.read_at <= self.max_age


class Store:
    """Values by the key of what was asked for. `client` is one of the caller's own, or None."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.held: dict[Hashable, SecretValue] = {}
        self._back_off: dict[Hashable, BackOff] = {}

    def current(self, several: list[Asked], terms: Terms) -> list[SecretValue]:
        """Return the values, reading those that are absent or too old. Raises SecretsError."""
        falls_back = terms.may_fall_back and all(asked.key in self.held for asked in several)
        otherwise = REFRESH_SECONDS if falls_back else SECONDS
        deadline = make_deadline(terms.timeout, terms.context, otherwise)
        if self._stale(several, terms):
            try:
                self._read(several, terms, deadline)
            except SecretsError as error:
                if not falls_back:
                    raise
                self._warn(error, several)
        return [self.held[asked.key] for asked in several]

    def forget(self) -> None:
        with _lock:
            self.held.clear()
            self._back_off.clear()

    def _stale(self, several: list[Asked], terms: Terms) -> list[Asked]:
        return [asked for asked in several if self._is_stale(asked.key, terms)]

    def _is_stale(self, key: Hashable, terms: Terms) -> bool:
        value, back_off = self.held.get(key), self._back_off.get(key)
        if value is None:
            return True
        if terms.may_fall_back and back_off and back_off.lasts():
            return False
        return not terms.are_met_by(value)

    def _read(self, several: list[Asked], terms: Terms, deadline: Deadline) -> None:
        lock = _lock
        if not lock.acquire(timeout=deadline.left()):
            names = " and ".join(asked.secret_id for asked in several)
            raise TimedOut(names, "Another thread was still reading", code="ReadTimeoutError")
        try:
            # Another thread may have read meanwhile, or failed.
            stale = self._stale(several, terms)
            if stale:
                self._read_now(stale, terms, deadline)
        finally:
            lock.release()

    def _read_now(self, stale: list[Asked], terms: Terms, deadline: Deadline) -> None:
        is_refresh = any(asked.key in self.held for asked in stale)
        is_reported = _report.is_wanted()
        try:
            values = _reading.read(
                stale, deadline, fresh=is_refresh or terms.refresh, client=self.client
            )
        except SecretsError:
            for key in [asked.key for asked in stale if asked.key in self.held]:
                self._back_off[key] = BackOff(self._back_off.get(key))
            raise
        read = list(zip(stale, values, strict=True))
        for asked, value in read:
            self.held[asked.key] = value
            self._back_off.pop(asked.key, None)
        if is_reported:
            current = [value for asked, value in read if asked.is_current]
            _report.write(current, is_refresh=is_refresh)

    def _warn(self, error: SecretsError, several: list[Asked]) -> None:
        """Say what is used instead. Nothing is read in a back-off, so it says it once for each."""
        held = ", ".join(
            f"{asked.secret_id} {self.held[asked.key].version_id}" for asked in several
        )
        pauses = [
            self._back_off[key].seconds for asked in several if (key := asked.key) in self._back_off
        ]
        _log.logger().warning(
            "A refresh failed, and what is held is used (%s). The next one is in %d s. %s",
            held,
            max(pauses, default=0),
            error,
        )
