"""Reads secrets in parallel by the route that _route chooses, with retries."""

from __future__ import annotations

import os
import threading
import time

from . import _log, _route
from ._errors import SecretsError, TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._deadline import Deadline
    from ._held import Held

    Outcome = Held | BaseException

ATTEMPTS = 3
# Seconds. Each pause is random, up to a limit that doubles each time.
PAUSE, LONGEST_PAUSE = 0.1, 1.0
GRACE = 0.2  # for a thread whose time-out is just being told


def read(names: list[str], deadline: Deadline, *, fresh: bool) -> list[Held]:
    """Return the current version of each secret, in order. One failure fails the whole.

    With `fresh`, the extension's cache is not used. Raises SecretsError and InvalidInput.
    """
    route, why = _route.choose()
    if route == "boto3":
        outcomes = _by_boto3(names, deadline)
    elif route == "batch":
        outcomes = _by_batch(names, deadline)
    else:
        outcomes = side_by_side(
            names, _reader(deadline, route == "extension" and not fresh), deadline
        )
    if route != "https":
        _log.logger().info("Secrets Manager was asked by way of %s: %s", route, why)
    return _all_or_nothing(outcomes)


def _reader(deadline: Deadline, ask_extension: bool) -> Callable[[str], Held]:
    from . import _call

    def by_https(name: str) -> Held:
        held: Held = again(lambda: _call.get_secret_value(name, deadline), deadline)
        return held

    if not ask_extension:
        _roots_before_threads()
        return by_https
    from . import _extension

    _extension.port()  # an impossible one is told at once

    return lambda name: _extension.get_secret_value(name, deadline) or by_https(name)


def _roots_before_threads() -> None:
    from . import _roots

    _roots.context()


def _by_batch(names: list[str], deadline: Deadline) -> list[Outcome]:
    from . import _call

    return list(again(lambda: _call.batch_get_secret_value(names, deadline), deadline))


def _by_boto3(names: list[str], deadline: Deadline) -> list[Outcome]:
    from . import _boto

    client = _boto.make_client(deadline)
    return side_by_side(names, lambda name: _boto.get_secret_value(client, name), deadline)


def again(call: Callable[[], Any], deadline: Deadline) -> Any:
    """Return what `call` returns, after at most ATTEMPTS attempts.

    Raises the SecretsError of the last attempt.
    """
    from ._call import Failed

    for attempt in range(1, ATTEMPTS + 1):
        try:
            return call()
        except Failed as failed:
            error = failed.error
            if not failed.again or attempt == ATTEMPTS or not _pause(attempt, deadline):
                break
    raise error


def _pause(attempt: int, deadline: Deadline) -> bool:
    """Wait a random time, so that functions that failed together do not retry together.

    Return False if no time is left for that.
    """
    seconds = min(LONGEST_PAUSE, PAUSE * 2**attempt) * int.from_bytes(os.urandom(4), "big") / 2**32
    if seconds >= deadline.left():
        return False
    time.sleep(seconds)
    return True


def side_by_side(
    names: list[str], read_one: Callable[[str], Held], deadline: Deadline
) -> list[Outcome]:
    """Read each name in its own thread. The logger is loaded while the answers travel."""
    outcomes: dict[str, Outcome] = {}

    def run(name: str) -> None:
        try:
            outcomes[name] = read_one(name)
        except BaseException as error:  # raised again, by the caller, in its thread
            outcomes[name] = error

    threads = [threading.Thread(target=run, args=[name], daemon=True) for name in names]
    for thread in threads:
        thread.start()
    _log.logger()
    for thread in threads:
        thread.join(deadline.left() + GRACE)
    return [outcomes.get(name) or TimedOut(name, code="ReadTimeoutError") for name in names]


def _all_or_nothing(outcomes: list[Outcome]) -> list[Held]:
    """Raise the first failure, whose text names the others."""
    errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    if errors:
        first, *others = errors
        if others and isinstance(first, SecretsError):
            first.add_others([error for error in others if isinstance(error, SecretsError)])
        raise first from None
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
