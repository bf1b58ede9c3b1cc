"""How commands go on beside the server that started them."""

import logging
import os
import time
from collections.abc import Callable

from django.core.management.base import CommandParser
from django.db import connections

LONGEST_PAUSE = 30  # seconds, after errors; shorter than a runner stays alive without a sign
ALIVE_EVERY = 15  # seconds between two signs that it goes on


def add_every(parser: CommandParser, how: str) -> None:
    text = f"go on, {how}, until the process that started it ends"
    parser.add_argument("--every", type=int, default=0, metavar="SECONDS", help=text)


def go_on(step: Callable[[], object], pause: float, log: logging.Logger, doing: str) -> None:
    """Takes the step again and again, until the parent process ends. No error ends it: after each
    in a row it waits longer, at first for `pause` seconds."""
    parent, failures = os.getppid(), 0
    while os.getppid() == parent:
        failures = 0 if _survives(step, log, doing) else failures + 1
        time.sleep(min(pause * 2 ** min(failures, 10), LONGEST_PAUSE))


def _survives(step: Callable[[], object], log: logging.Logger, doing: str) -> bool:
    """Whether the step ended without an error. One that failed must not cost the next."""
    try:
        step()
    except Exception:
        # The console's stream holds JSON lines alone, so nothing is written beside the log.
        log.exception(doing)
        connections.close_all()
        return False
    return True
