"""Who signs an AWS call. boto3's clients are shared; each call has its own caller.

botocore asks a component called "credential_provider" for its credentials, and credentials for
their keys with each sending. `CallersProvider` is such a component; the keys that it gives are
those of the current caller.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

from ..domain.deadline import Deadline
from ..domain.environment import Environment
from ..domain.session_scope import Scope

RENEWED_BEFORE = 120  # seconds before the end of an AWS session


class Caller:
    """One person in one environment, held to one scope; None as the scope allows every call."""

    def __init__(
        self,
        environment: Environment,
        scope: Scope | None,
        credentials: Callable[[], ReadOnlyCredentials],
        client: Callable[[str, str], Any],
    ) -> None:
        """`credentials` is asked with each sending; `client` takes a service and a Region."""
        self.environment, self.scope, self.credentials = environment, scope, credentials
        self._client = client

    def client(self, service: str) -> Any:
        """boto3's client of `service`, which serves every caller. Makes no call."""
        return self._client(service, self.environment.region)

    @contextmanager
    def signing(self, deadline: Deadline | None = None) -> Iterator[Signing]:
        """Within it, this caller signs the calls of this thread, and its scope and the deadline
        hold them."""
        signing = Signing(self, deadline)
        token = current.set(signing)
        try:
            yield signing
        finally:
            current.reset(token)


class Signing:
    """Who signs the calls of a block, and until when they may be sent; None: at any time.

    `unanswered` counts what was sent so far and has no answer of AWS; `sent_at` is when the attempt
    under way was sent, by time.perf_counter.
    """

    def __init__(self, caller: Caller, deadline: Deadline | None) -> None:
        self.caller, self.deadline = caller, deadline
        self.unanswered = 0
        self.sent_at: float | None = None


current: ContextVar[Signing | None] = ContextVar("signing", default=None)

_Keys = tuple[ReadOnlyCredentials, float]


class AssumedRole:
    """Credentials of an AWS session, which begins with the first call and is renewed before its
    end.

    One thread calls `assume`; those that ask meanwhile wait for it, and share what it gets, an
    error as well: were each to try in turn, an STS that hangs would hold the last one for minutes.
    `assume` returns the credentials and when they end, in seconds since 1970.
    """

    def __init__(self, assume: Callable[[], _Keys]) -> None:
        self._assume, self._lock = assume, threading.Lock()
        self._keys: _Keys | None = None
        self._under_way: Future[_Keys] | None = None

    def __call__(self) -> ReadOnlyCredentials:
        with self._lock:
            if self._keys and time.time() <= self._keys[1] - RENEWED_BEFORE:
                return self._keys[0]
            asked = self._under_way
            mine = asked is None
            under_way = self._under_way = Future() if asked is None else asked
        if mine:
            self._answer(under_way)
        return under_way.result()[0]

    def _answer(self, under_way: Future[_Keys]) -> None:
        """Whoever asks after this begins anew."""
        try:
            keys = self._assume()
        except BaseException as error:
            with self._lock:
                self._under_way = None
            under_way.set_exception(error)
        else:
            with self._lock:
                self._keys, self._under_way = keys, None
            under_way.set_result(keys)


class _CallersCredentials(Credentials):
    """Without a caller there are no credentials, least of all the console's own."""

    def __init__(self) -> None:
        super().__init__("", "", method="assume-role")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        signing = current.get()
        if signing is None:
            raise NoCredentialsError
        return signing.caller.credentials()


class CallersProvider:
    """For botocore's `Session.register_component("credential_provider", …)`."""

    def load_credentials(self) -> Credentials:
        return _CallersCredentials()


def ensure_in_scope(**event: Any) -> None:
    """A handler of botocore's event provide-client-params, which comes with every call, also with
    each page of a paginator, before anything is sent. Raises OutOfScope."""
    signing = current.get()
    if signing is not None and signing.caller.scope is not None:
        operation = event["model"]
        service = operation.service_model.service_name
        signing.caller.scope.ensure_holds(service, operation.name, event["params"])
