"""Who signs an AWS call. boto3's clients are shared; each call has its own caller.

botocore asks a component called "credential_provider" for its credentials, and credentials for
their keys with each sending. `CallersProvider` is such a component; the keys that it gives are
those of the current caller.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

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
    def signing(self) -> Iterator[None]:
        """Within it, this caller signs the calls of this thread, and its scope holds them."""
        token = _caller.set(self)
        try:
            yield
        finally:
            _caller.reset(token)


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


class AssumedRole:
    """Credentials of an AWS session, which begins with the first call and is renewed before its
    end.

    One thread calls `assume`, and the others wait for it. `assume` returns the credentials and when
    they end, in seconds since 1970.
    """

    def __init__(self, assume: Callable[[], tuple[ReadOnlyCredentials, float]]) -> None:
        self._assume, self._lock = assume, threading.Lock()
        self._keys: ReadOnlyCredentials | None = None
        self._until = 0.0

    def __call__(self) -> ReadOnlyCredentials:
        with self._lock:
            if self._keys is None or time.time() > self._until - RENEWED_BEFORE:
                self._keys, self._until = self._assume()
            return self._keys


class _CallersCredentials(Credentials):
    """Without a caller there are no credentials, least of all the console's own."""

    def __init__(self) -> None:
        super().__init__("", "", method="assume-role")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        caller = _caller.get()
        if caller is None:
            raise NoCredentialsError
        return caller.credentials()


class CallersProvider:
    """For botocore's `Session.register_component("credential_provider", …)`."""

    def load_credentials(self) -> Credentials:
        return _CallersCredentials()


def ensure_in_scope(**event: Any) -> None:
    """A handler of botocore's event provide-client-params, which comes with every call, also with
    each page of a paginator, before anything is sent. Raises OutOfScope."""
    caller = _caller.get()
    if caller is not None and caller.scope is not None:
        operation = event["model"]
        service = operation.service_model.service_name
        caller.scope.ensure_holds(service, operation.name, event["params"])
