"""The process that gunicorn runs beside the console (background.py): started with it, ended with
it, and started again when it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

FIRST_PAUSE, LONGEST_PAUSE = 2, 300  # seconds before a process that ended is started again
SOUND = 600  # seconds: one that ran so long did not end of what ended it the last time
LOOK_EVERY = 1  # seconds
END_SECONDS = 2  # for it to end by itself

_kept: list[Beside] = []  # one, or none


def pause_after(life: float, pause: float) -> float:
    """The pause before the next start of a process that ran for `life`; `pause` was the one before.

    All in seconds. It doubles with each short life, and begins anew after a long one.
    """
    return FIRST_PAUSE if life >= SOUND or not pause else min(2 * pause, LONGEST_PAUSE)


class Beside:
    """A process that is kept running. `start` starts it; an OSError counts as its end."""

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._start = start
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = self._began = self._due = 0.0

    def look(self, now: float) -> None:
        """Start it where it does not run and its pause is over; `now` in seconds."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None
            self._wait(now)
        if self._process is None and now >= self._due:
            self._began = now
            try:
                self._process = self._start()
            except OSError:
                self._wait(now)

    def _wait(self, now: float) -> None:
        self._pause = pause_after(now - self._began, self._pause)
        self._due = now + self._pause

    def end(self) -> None:
        if self._process is None:
            return
        # Neither does anything to a process that has ended.
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        self._process.kill()


def run_beside(start: Callable[[], subprocess.Popen[bytes]]) -> None:
    """Start this process in place of the one that runs, and look after it from now on.

    gunicorn's loop calls nothing of ours, and it forks its workers, which a process with threads
    must not; so a timer interrupts it. What runs then writes no log: it may interrupt one.
    """
    end_beside()
    _kept[:] = [Beside(start)]
    master = os.getpid()

    def look(number: int, frame: FrameType | None) -> None:
        # A worker that was forked between the signal and this line looks after nothing.
        if os.getpid() == master:
            for process in _kept:
                process.look(time.monotonic())

    signal.signal(signal.SIGALRM, look)
    look(signal.SIGALRM, None)
    signal.setitimer(signal.ITIMER_REAL, LOOK_EVERY, LOOK_EVERY)


def end_beside() -> None:
    """End it; it is not started again."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for process in _kept:
        process.end()
