"""Frees what a form carried soon after its answer.

Django's requests and forms are circles of references, which wait for Python's collector; by itself
it comes after hundreds of requests.
"""

import gc
import threading
from collections.abc import Callable

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase

from . import hardening

# Seconds: a burst of forms costs one collection.
SOON = 2


class Collector:
    """Collects once, some seconds after it was first asked."""

    def __init__(self) -> None:
        self._lock, self._is_coming = threading.Lock(), False

    def come_soon(self) -> None:
        with self._lock:
            if self._is_coming:
                return
            self._is_coming = True
        timer = threading.Timer(SOON, self._collect)
        timer.daemon = True
        timer.start()

    def _collect(self) -> None:
        with self._lock:
            self._is_coming = False
        gc.collect()


def forget_soon(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware. Forms alone carry values, so only a POST is followed by a collection."""
    if not hardening.is_hardened():
        raise MiddlewareNotUsed
    # What is loaded by now stays, so the collector need not look at it.
    gc.freeze()
    collector = Collector()

    def answer(request: HttpRequest) -> HttpResponseBase:
        try:
            return get_response(request)
        finally:
            if request.method == "POST":
                collector.come_soon()

    return answer
