"""Clients for (environment, person, scope, service). One client of boto3's for each Region and service is shared by all; what differs from
request to request is who signs: a session of the environment's role, in the person's name, narrowed to the request's scope."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import Any

import botocore.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from botocore.utils import parse_timestamp

from ..domain.environment import Environment
from ..domain.session_scope import Scope, session_policy

CONNECT_TIMEOUT, READ_TIMEOUT, MAX_ATTEMPTS = 2, 5, 3  # seconds, seconds, calls
# The least that STS gives: shorter than a person's idle session here, so nobody's AWS session outlives it.
SESSION_SECONDS = 900
RENEWED_BEFORE = 120  # seconds before its end
KEPT_CALLERS = 1_024  # (environment, person, scope); the one used longest ago goes first

_Key = tuple[
    Environment, str, Scope | None
]  # the whole environment, so that nobody ever signs for another account under the same name


class Caller:
    """Who signs: one person in one environment for one scope. Assumes the role with the first call, and again before its end, in
    whichever thread makes that call; the others wait for it."""

    def __init__(
        self, assume: Callable[[], tuple[ReadOnlyCredentials, float]], scope: Scope | None
    ) -> None:
        self._assume, self._scope, self._lock = assume, scope, threading.Lock()
        self._credentials: ReadOnlyCredentials | None = None
        self._until = 0.0
        self.clients: dict[str, BaseClient] = {}

    def credentials(self) -> ReadOnlyCredentials:
        with self._lock:
            if self._credentials is None or time.time() > self._until - RENEWED_BEFORE:
                self._credentials, self._until = self._assume()
            return self._credentials

    def signing(self, client: BaseClient, service: str) -> BaseClient:
        """The shared client, each of its calls held to the scope and signed by this caller; paginators too."""
        bound = object.__new__(type(client))
        bound.__dict__.update(client.__dict__)
        # Every method of a client, and every page of a paginator, goes through this one.
        bound._make_api_call = partial(self._call, client._make_api_call, service)  # type: ignore[attr-defined]
        return bound

    def _call(
        self,
        call: Callable[[str, Any], Any],
        service: str,
        operation: str,
        parameters: dict[str, Any],
    ) -> Any:
        if self._scope is not None:
            self._scope.ensure_holds(service, operation, parameters)
        token = _caller.set(self)
        try:
            return call(operation, parameters)
        finally:
            _caller.reset(token)


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


class _CallersCredentials(Credentials):
    """What the shared clients sign with: whoever makes the call. Without a caller there are no credentials, least of all the console's."""

    def __init__(self) -> None:
        super().__init__("", "", method="assume-role")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        caller = _caller.get()
        if caller is None:
            raise NoCredentialsError
        return caller.credentials()


class AwsSessions:
    """Makes clients and keeps them: a new session's client costs tens of milliseconds, a kept one nothing. boto3's clients may be
    shared between threads, its sessions may not, so sessions are only touched under the lock."""

    def __init__(self, endpoint_url: str = "", pace: Callable[[str], None] | None = None) -> None:
        """`pace` is called with "service.Operation" before each sending, retries included; it may wait."""
        self._endpoint_url, self._pace = endpoint_url or None, pace
        self._lock = threading.RLock()
        self._base = _new_session()
        self._assumed = _new_session(self._base.get_component("data_loader"))
        # botocore has no public door for this; its own assume-role provider does the same.
        self._assumed._credentials = _CallersCredentials()  # type: ignore[attr-defined]
        self._clients: dict[tuple[str, str, bool], BaseClient] = {}
        self._callers: OrderedDict[_Key, Caller] = OrderedDict()

    def client(
        self, environment: Environment, service: str, name: str, scope: Scope | None = None
    ) -> BaseClient:
        """A client of `service` in the environment's Region. Where the environment names a role, its calls are signed by a session of
        that role called `name`, held to `scope`. No call is made here; the role is assumed with the first one."""
        if not environment.assume_role:
            return self._own(service, environment.region)
        with self._lock:
            caller = self._caller(environment, name, scope)
            if service not in caller.clients:
                shared = self._shared(self._assumed, service, environment.region)
                caller.clients[service] = caller.signing(shared, service)
            return caller.clients[service]

    def _caller(self, environment: Environment, name: str, scope: Scope | None) -> Caller:
        key = (environment, name, scope)
        if key not in self._callers:
            self._callers[key] = Caller(partial(self._assume_role, environment, name, scope), scope)
        self._callers.move_to_end(key)
        while len(self._callers) > KEPT_CALLERS:
            self._callers.popitem(last=False)
        return self._callers[key]

    def _assume_role(
        self, environment: Environment, name: str, scope: Scope | None
    ) -> tuple[ReadOnlyCredentials, float]:
        """The session's credentials, and when they end, in seconds since 1970."""
        more = {"SourceIdentity": name} if environment.source_identity else {}
        if scope is not None and environment.session_policy:
            more["Policy"] = session_policy(environment, scope)
        sts: Any = self._own("sts", environment.region)
        given = sts.assume_role(
            RoleArn=environment.assume_role,
            RoleSessionName=name,
            DurationSeconds=SESSION_SECONDS,
            **more,
        )["Credentials"]
        keys = ReadOnlyCredentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        )
        return keys, given["Expiration"].timestamp()

    def _own(self, service: str, region: str) -> BaseClient:
        """A client that signs with the console's own credentials. One that was made without any never gets them, so it is not kept."""
        with self._lock:
            client = self._shared(self._base, service, region)
            if not self._base.get_credentials():
                del self._clients[service, region, True]
            return client

    def _shared(self, session: botocore.session.Session, service: str, region: str) -> BaseClient:
        key = (service, region, session is self._base)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = session.create_client(
                    service, region_name=region, endpoint_url=self._endpoint_url, config=_CONFIG
                )
                if self._pace:
                    self._clients[key].meta.events.register(
                        "before-send", partial(_before_send, self._pace)
                    )
                keep_botocore_quiet()
            return self._clients[key]


def _before_send(pace: Callable[[str], None], event_name: str = "", **kwargs: Any) -> None:
    """botocore's event is called `before-send.secrets-manager.ListSecrets`. Returning nothing lets the request go."""
    pace(event_name.partition(".")[2])


_CONFIG = Config(
    connect_timeout=CONNECT_TIMEOUT,
    read_timeout=READ_TIMEOUT,
    retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
    max_pool_connections=32,
    user_agent_extra="miyabi-secrets-console",
    # AWS_ENDPOINT_URL would send values elsewhere; LOCAL_AWS_ENDPOINT alone may, to loopback.
    ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # missing in the stubs
)


def _new_session(loader: Any = None) -> botocore.session.Session:
    session = botocore.session.Session()
    if loader is not None:
        session.register_component("data_loader", loader)  # parsed service models, shared
    session.get_component("response_parser_factory").set_parser_defaults(
        timestamp_parser=_timestamp
    )
    return session


def _timestamp(value: Any) -> datetime:
    """JSON services send epoch seconds; botocore's own parser looks up the local zone for each and costs 20 times as much."""
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    return parse_timestamp(value).astimezone(UTC)


def keep_botocore_quiet() -> None:
    """Below WARNING botocore and urllib3 log request bodies, values included. Each of their loggers gets a level of its own, so that
    a root logger or a parent set to DEBUG does not reach them, and a filter that holds when its own level is lowered."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in ("botocore", "boto3", "urllib3", "s3transfer"):
            logging.getLogger(name).setLevel(logging.WARNING)
            logging.getLogger(name).addFilter(
                _is_a_warning
            )  # the same filter again changes nothing


def _is_a_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
