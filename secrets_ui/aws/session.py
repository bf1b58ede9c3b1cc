"""Callers for (environment, person, scope), and the boto3 clients that they share.

A caller signs with a session of the environment's role, in the person's name, narrowed to its
scope.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import botocore
import botocore.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ConnectionError, HTTPClientError, NoCredentialsError
from botocore.utils import parse_timestamp

from ..domain.environment import Environment
from ..domain.session_scope import Scope, session_policy
from .caller import AssumedRole, Caller, CallersProvider, ensure_in_scope
from .sending import Observe, StsUnreachable, after_error, after_response, before_send

CONNECT_TIMEOUT, READ_TIMEOUT, MAX_ATTEMPTS = 2, 5, 3  # seconds, seconds, calls
# The least that STS gives, and less than a web session may be idle: nobody's AWS session outlives
# it.
SESSION_SECONDS = 900
KEPT_CALLERS = 1_024  # the one used longest ago goes first

# The whole environment, so that nobody ever signs for another account under the same name.
_Key = tuple[Environment, str, Scope | None]


class AwsSessions:
    """Makes callers and clients, and keeps them: a new client costs tens of milliseconds, a kept
    one nothing.

    boto3's clients may be shared between threads and its sessions may not, so botocore's sessions
    are only touched under the lock.
    """

    def __init__(
        self,
        endpoint_url: str = "",
        pace: Callable[[str], None] | None = None,
        observe: Observe | None = None,
    ) -> None:
        """`pace` is called with "service.Operation" before each sending, retries included; it may
        wait. `observe` is told after each of them what became of it.
        """
        self._endpoint_url = endpoint_url or None
        self._lock = threading.RLock()
        # The console's own credentials, as botocore finds them.
        self._own = botocore.session.Session()
        self._session = _new_session(pace, observe)
        self._clients: dict[tuple[str, str], BaseClient] = {}
        self._callers: OrderedDict[_Key, Caller] = OrderedDict()

    def caller(self, environment: Environment, name: str, scope: Scope | None = None) -> Caller:
        """Signs by a session called `name` of the environment's role, held to `scope`; by the
        console's own credentials where the environment names no role. The role is assumed with the
        first call.
        """
        key = (environment, name, scope)
        with self._lock:
            if key not in self._callers:
                keys = self._keys_of(environment, name, scope)
                self._callers[key] = Caller(environment, scope, keys, self.client)
            self._callers.move_to_end(key)
            while len(self._callers) > KEPT_CALLERS:
                self._callers.popitem(last=False)
            return self._callers[key]

    def client(self, service: str, region: str) -> BaseClient:
        """boto3's client, which signs for whoever is the caller. Makes no call."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.create_client(
                    service, region_name=region, endpoint_url=self._endpoint_url, config=_CONFIG
                )
                keep_botocore_quiet()
            return self._clients[service, region]

    def _keys_of(
        self, environment: Environment, name: str, scope: Scope | None
    ) -> Callable[[], ReadOnlyCredentials]:
        if not environment.assume_role:
            return self._own_keys
        return AssumedRole(partial(self._assume_role, environment, name, scope))

    def _own_keys(self) -> ReadOnlyCredentials:
        """botocore looks for them anew until there are some."""
        with self._lock:
            found = self._own.get_credentials()
        if found is None:
            raise NoCredentialsError
        return found.get_frozen_credentials()

    def _assume_role(
        self, environment: Environment, name: str, scope: Scope | None
    ) -> tuple[ReadOnlyCredentials, float]:
        """The credentials, and when they end, in seconds since 1970."""
        more = {"SourceIdentity": name} if environment.source_identity else {}
        if scope is not None and environment.session_policy:
            more["Policy"] = session_policy(environment, scope)
        console = Caller(environment, None, self._own_keys, self.client)
        with console.signing():
            try:
                answer = console.client("sts").assume_role(
                    RoleArn=environment.assume_role,
                    RoleSessionName=name,
                    DurationSeconds=SESSION_SECONDS,
                    **more,
                )
            except (ConnectionError, HTTPClientError):
                raise StsUnreachable from None
        given = answer["Credentials"]
        keys = ReadOnlyCredentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        )
        return keys, given["Expiration"].timestamp()


_CONFIG = Config(
    connect_timeout=CONNECT_TIMEOUT,
    read_timeout=READ_TIMEOUT,
    retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
    max_pool_connections=32,
    # A fixed text: botocore composes its own anew for each call, which costs a tenth of it.
    user_agent=f"miyabi-secrets-console Botocore/{botocore.__version__}",
    # AWS_ENDPOINT_URL would send values elsewhere; LOCAL_AWS_ENDPOINT alone may, to loopback.
    ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # missing in the stubs
)


def _new_session(
    pace: Callable[[str], None] | None, observe: Observe | None
) -> botocore.session.Session:
    """Its clients sign for the caller, are held to its scope and deadline, and are paced and
    observed."""
    session = botocore.session.Session()
    session.register_component("credential_provider", CallersProvider())
    session.register("provide-client-params", ensure_in_scope)
    session.register("before-send", partial(before_send, pace))
    session.register("response-received", partial(after_response, observe))
    session.register("after-call-error", partial(after_error, observe))
    session.get_component("response_parser_factory").set_parser_defaults(
        timestamp_parser=_timestamp
    )
    return session


def _timestamp(value: Any) -> datetime:
    """JSON services send epoch seconds. botocore's own parser looks up the local zone for each of
    them, and takes a hundred times as long: 2 ms for a page of the list.
    """
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    return parse_timestamp(value).astimezone(UTC)


_LOUD = ("botocore", "boto3", "urllib3", "s3transfer")


def keep_botocore_quiet() -> None:
    """Below WARNING botocore and urllib3 log request bodies, values included; above it texts of
    whoever answered.

    Each of their loggers gets a level of its own, so that a root logger or a parent set to DEBUG
    does not reach them, and a filter that holds when its own level is lowered.
    """
    names = (name for name in list(logging.root.manager.loggerDict) if name.split(".")[0] in _LOUD)
    for logger in map(logging.getLogger, names):
        # A level that is set, even the same one, has all loggers forget what they let pass.
        if logger.level != logging.WARNING or _without_texts not in logger.filters:
            logger.setLevel(logging.WARNING)
            logger.addFilter(_without_texts)


def _without_texts(record: logging.LogRecord) -> bool:
    """A warning keeps its pattern alone, without what was put into it."""
    record.args, record.exc_info = (), None
    return record.levelno >= logging.WARNING
