"""The time limit of a load. Retries included, it ends before Lambda ends the function."""

from __future__ import annotations

import time

from ._errors import InvalidInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Without a word from the caller. Lambda gives the init phase 10 seconds.
SECONDS = 8.0
# Of a refresh that may fall back on what is held: it makes an invocation wait.
REFRESH_SECONDS = 3.0
MARGIN = 0.5  # of the function's own time, to tell what happened


class Deadline:
    """A moment, `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left, never negative."""
        return max(0.0, self.at - time.monotonic())

    def left_or_raise(self, at_most: float) -> float:
        """Return the time-out for one step. Raises TimeoutError when no time is left."""
        left = self.left()
        if not left:
            raise TimeoutError("the time is over")
        return min(left, at_most)


def make_deadline(timeout: float | None, context: Any, otherwise: float = SECONDS) -> Deadline:
    """Make a deadline of `timeout` seconds, or of `otherwise`; at most what the context has left.

    Raises InvalidInput.
    """
    if timeout is not None and (
        isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0
    ):
        raise InvalidInput(f"timeout: expected seconds, a number above 0, got {timeout!r}.")
    seconds = otherwise if timeout is None else timeout
    if context is not None:
        seconds = min(seconds, max(0.0, _left_to_the_function(context) - MARGIN))
    return Deadline(seconds)


def _left_to_the_function(context: Any) -> float:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""
    try:
        return float(context.get_remaining_time_in_millis()) / 1000
    except (AttributeError, TypeError):
        raise InvalidInput(
            "context: expected the context that Lambda hands to the handler, got "
            f"{type(context).__name__}."
        ) from None
