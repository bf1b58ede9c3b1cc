"""Whether the console can do its work: whether the audit log takes a record."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from django.db import connections

from ...domain.errors import AuditUnavailable
from .. import audit

log = logging.getLogger("miyabi.ready")
PATIENCE = 1.5  # seconds until there is an answer, whatever happens; probes wait 2 and more
FRESH = 1.0  # seconds that an answer stays good, so that a flood of questions costs one look


class Readiness:
    """One look at a time, in a thread of its own: a database that hangs gives no error.

    `look` tells, and may take as long as it likes. `start` begins a thread with what it is given.
    An answer is good for `fresh` seconds.
    """

    def __init__(
        self,
        look: Callable[[], bool],
        start: Callable[[Callable[[], None]], object],
        fresh: float = FRESH,
    ) -> None:
        self._look, self._start, self._fresh = look, start, fresh
        self._lock = threading.Lock()
        self._began = self._ended = 0.0
        self._answer: Future[bool] | None = None

    def is_ready(self) -> bool:
        """False also where the look has not ended after PATIENCE."""
        with self._lock:
            now = time.monotonic()
            if self._answer is None or (self._answer.done() and now - self._ended > self._fresh):
                self._began, self._answer = now, Future()
                self._start(partial(self._run, self._answer))
            answer, left = self._answer, max(0.0, self._began + PATIENCE - now)
        try:
            return answer.result(left)
        except TimeoutError:
            return False

    def _run(self, answer: Future[bool]) -> None:
        found = self._look()
        self._ended = time.monotonic()
        answer.set_result(found)


def look_at_audit_log() -> bool:
    """Logs why not."""
    try:
        audit.ensure_writable()
    except AuditUnavailable as error:
        log.warning("not ready", extra={"why": error.message})
        return False
    except Exception:
        # Whatever it is, the load balancer has to hear of it.
        log.exception("not ready")
        return False
    return True


def _look_once() -> bool:
    try:
        return look_at_audit_log()
    finally:
        # It belongs to this thread, which ends.
        connections.close_all()


def _in_thread(run: Callable[[], None]) -> None:
    # A daemon: one that hangs must not keep the process from its end.
    threading.Thread(target=run, name="readiness", daemon=True).start()


audit_log = Readiness(_look_once, _in_thread)
