"""Clients for (environment, person, service): assumed role, time-outs, retries, one connection pool each, kept and shared."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import botocore.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import NoCredentialsError
from botocore.utils import parse_timestamp

from ..domain.environment import Environment

CONNECT_TIMEOUT, READ_TIMEOUT, MAX_ATTEMPTS = 2, 5, 3  # seconds, seconds, calls
KEPT_SESSIONS = 128  # (environment, person) pairs; the one used longest ago goes first

_Key = tuple[
    Environment, str
]  # the whole environment, so that a client never serves another account under the same name


class AwsSessions:
    """Makes clients and keeps them: a new session's client costs tens of milliseconds, a kept one nothing. boto3's clients may be
    shared between threads, its sessions may not, so sessions are only touched under the lock."""

    def __init__(self, endpoint_url: str = "", pace: Callable[[str], None] | None = None) -> None:
        """`pace` is called with "service.Operation" before each sending, retries included; it may wait."""
        self._endpoint_url, self._pace = endpoint_url or None, pace
        self._lock = threading.RLock()
        self._base = _new_session()
        self._loader = self._base.get_component("data_loader")
        self._clients: OrderedDict[_Key, dict[str, BaseClient]] = OrderedDict()
        self._sessions: dict[_Key, botocore.session.Session] = {}

    def client(self, environment: Environment, service: str, person: str) -> BaseClient:
        """A client of `service` in the environment's Region. Where the environment names a role, it is assumed in a session named
        after the person, so that CloudTrail tells who it was. No call is made here; credentials are fetched with the first one."""
        key = (environment, session_name(person) if environment.assume_role else "")
        with self._lock:
            clients = self._clients.setdefault(key, {})
            self._clients.move_to_end(key)
            client = clients.get(service) or self._create(
                self._session(environment, key), service, environment.region
            )
            if (
                environment.assume_role or self._base.get_credentials()
            ):  # a client made without credentials never gets any
                clients[service] = client
            self._forget_oldest()
            return client

    def _session(self, environment: Environment, key: _Key) -> botocore.session.Session:
        if not environment.assume_role:
            return self._base
        if key not in self._sessions:
            self._sessions[key] = self._assumed(environment, key[1])
        return self._sessions[key]

    def _assumed(self, environment: Environment, name: str) -> botocore.session.Session:
        session = _new_session(self._loader)
        # botocore has no public door for this; its own assume-role provider does the same.
        credentials = DeferredRefreshableCredentials(
            partial(self._assume_role, environment, name), "assume-role"
        )
        session._credentials = credentials  # type: ignore[attr-defined]
        return session

    def _assume_role(self, environment: Environment, name: str) -> Any:
        """Runs within the first call and whenever the credentials near their end, in whichever thread makes that call."""
        with self._lock:
            source = self._base.get_credentials()
        if source is None:
            raise NoCredentialsError
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=lambda service, **keys: self._create(
                self._base, service, environment.region, **keys
            ),
            source_credentials=source,
            role_arn=environment.assume_role,
            extra_args={"RoleSessionName": name, "DurationSeconds": 3600},
        )
        return fetcher.fetch_credentials()

    def _create(
        self, session: botocore.session.Session, service: str, region: str, **keys: Any
    ) -> BaseClient:
        with self._lock:
            client = session.create_client(
                service, region_name=region, endpoint_url=self._endpoint_url, config=_CONFIG, **keys
            )
            if self._pace:
                client.meta.events.register("before-send", partial(_before_send, self._pace))
            keep_botocore_quiet()
        return client

    def _forget_oldest(self) -> None:
        while len(self._clients) > KEPT_SESSIONS:
            oldest, _ = self._clients.popitem(last=False)
            self._sessions.pop(oldest, None)


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


def session_name(person: str) -> str:
    """RoleSessionName for a person: 2 to 64 of [\\w+=,.@-]. A name that has to be changed for that ends in a digest of the whole, so
    that no two people look like one in CloudTrail. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    if re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,64}", person):
        return person
    digest = hashlib.sha256(person.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_+=,.@-]', '-', person)[:55]}-{digest}"


def _new_session(loader: Any = None) -> botocore.session.Session:
    session = botocore.session.Session()
    if loader is not None:
        session.register_component("data_loader", loader)  # parsed service models, shared
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
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
            logging.getLogger(name).addFilter(_is_a_warning)  # the same filter again changes nothing


def _is_a_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
