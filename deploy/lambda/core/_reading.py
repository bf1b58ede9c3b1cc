"""Reads secrets in parallel by the route that _route chooses, with retries."""

from __future__ import annotations

import os
import threading
import time

from . import _log, _route
from ._errors import SecretsError, TimedOut
from ._pace import random_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._asked import Asked
    from ._deadline import Deadline
    from ._value import SecretValue

    Outcome = SecretValue | BaseException
    ReadOne = Callable[[Asked], SecretValue]

ATTEMPTS = 3
# Seconds. Each pause is random, up to a limit that doubles each time.
PAUSE, LONGEST_PAUSE = 0.1, 1.0
GRACE = 0.2  # for a thread whose time-out is just being told


def read(
    several: list[Asked], deadline: Deadline, *, fresh: bool, client: Any = None
) -> list[SecretValue]:
    """Return what was asked for, in order. One failure fails the whole.

    With `fresh`, the extension's cache is not used. With a `client` of one's own, it is asked and
    nothing else. Raises SecretsError and InvalidInput.
    """
    if client is not None:
        return _all_or_nothing(side_by_side(several, _by_client(client), deadline))
    route, why = _route.choose({asked.region for asked in several if asked.region})
    if route == "batch" and any(asked.region or not asked.is_current for asked in several):
        route = "https"  # a batch has names alone, and reads what is current
    if route == "boto3":
        outcomes = side_by_side(several, _by_boto3(several, deadline), deadline)
    elif route == "batch":
        outcomes = _by_batch(several, deadline)
    else:
        ask_extension = route == "extension" and not fresh
        outcomes = side_by_side(several, _reader(deadline, ask_extension), deadline)
    if route != "https":
        _log.logger().info("Secrets Manager was asked by way of %s: %s", route, why)
    return _all_or_nothing(outcomes)


def _reader(deadline: Deadline, ask_extension: bool) -> ReadOne:
    from . import _call

    def by_https(asked: Asked) -> SecretValue:
        value: SecretValue = again(lambda: _call.get_secret_value(asked, deadline), deadline)
        return value

    if not ask_extension:
        _roots_before_threads()
        return by_https
    from . import _extension

    _extension.port()  # an impossible one is told at once

    def by_extension(asked: Asked) -> SecretValue:
        # It asks in the function's own Region, whatever an ARN says.
        is_here = asked.region in ("", os.environ["AWS_REGION"])
        found = _extension.get_secret_value(asked, deadline) if is_here else None
        return found or by_https(asked)

    return by_extension


def _roots_before_threads() -> None:
    from . import _roots

    _roots.context()


def _by_batch(several: list[Asked], deadline: Deadline) -> list[Outcome]:
    from . import _call

    return list(again(lambda: _call.batch_get_secret_value(several, deadline), deadline))


def _by_boto3(several: list[Asked], deadline: Deadline) -> ReadOne:
    from . import _boto

    # Before the threads: making clients is not safe in several at once.
    regions = {asked.region for asked in several}
    clients = {region: _boto.make_client(deadline, region) for region in regions}
    return lambda asked: _boto.get_secret_value(clients[asked.region], asked)


def _by_client(client: Any) -> ReadOne:
    from . import _boto

    _boto.keep_quiet()
    return lambda asked: _boto.get_secret_value(client, asked)


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
    """Wait a random time. Return False if no time is left for that."""
    seconds = min(LONGEST_PAUSE, PAUSE * 2**attempt) * random_part()
    if seconds >= deadline.left():
        return False
    time.sleep(seconds)
    return True


def side_by_side(several: list[Asked], read_one: ReadOne, deadline: Deadline) -> list[Outcome]:
    """Read each in its own thread. The logger is loaded while the answers travel."""
    outcomes: list[Outcome | None] = [None] * len(several)

    def run(number: int) -> None:
        try:
            outcomes[number] = read_one(several[number])
        except BaseException as error:  # raised again, by the caller, in its thread
            outcomes[number] = error

    threads = [
        threading.Thread(target=run, args=[number], daemon=True) for number in range(len(several))
    ]
    for thread in threads:
        thread.start()
    _log.logger()
    for thread in threads:
        thread.join(deadline.left() + GRACE)
    return [
        outcome or TimedOut(asked.secret_id, code="ReadTimeoutError")
        for asked, outcome in zip(several, outcomes, strict=True)
    ]


def _all_or_nothing(outcomes: list[Outcome]) -> list[SecretValue]:
    """Raise the first failure, whose text names the others."""
    errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    if errors:
        first, *others = errors
        if others and isinstance(first, SecretsError):
            first.add_others([error for error in others if isinstance(error, SecretsError)])
        raise first from None
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
