"""Fixtures of the security tests: canaries, and every log stream at its loudest."""

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider

from deploy.demo.oidc_provider import OidcProvider, Person, Wrong
from secrets_ui.domain.environment import Rules
from secrets_ui.logs import JsonLine
from testkit.canary import make_canary
from tests.conftest import as_toml, forget_configuration, fresh_environments


@pytest.fixture
def canary() -> str:
    return make_canary()


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """All that a handler could have written since, with the root logger at DEBUG.

    The plain line, the JSON line, and the log record itself.
    """
    stream = io.StringIO()
    handlers = [_Plain(stream), _Json(stream), _Raw(stream)]
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    for handler in handlers:
        root.addHandler(handler)
    yield stream.getvalue
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the console itself has written to its standard output and standard error."""
    stream = io.StringIO()
    handler = next(h for h in logging.getLogger().handlers if isinstance(h.formatter, JsonLine))
    monkeypatch.setattr(handler, "stream", stream)

    def read() -> str:
        out, err = capfd.readouterr()
        return f"{stream.getvalue()}{out}{err}"

    return read


class _Plain(logging.StreamHandler[io.StringIO]):
    """As `logging.basicConfig` would have it, tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return logging.Formatter("%(name)s %(levelname)s %(message)s").format(record)


class _Json(logging.StreamHandler[io.StringIO]):
    """As the console writes it."""

    def format(self, record: logging.LogRecord) -> str:
        return JsonLine().format(record)


class _Raw(logging.StreamHandler[io.StringIO]):
    """As a log shipper that takes everything would have it, but for the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return repr(
            {
                key: value
                for key, value in vars(record).items()
                if key not in ("exc_info", "exc_text")
            }
        )


@pytest.fixture(scope="session")
def provider_process() -> Iterator[OidcProvider]:
    """One provider for a worker's tests; each gets it with its people as they were."""
    with OidcProvider(["http://testserver/sso/callback"], {}).running() as running:
        yield running


@pytest.fixture
def provider(provider_process: OidcProvider, settings: Any, tmp_path: Any) -> OidcProvider:
    """The provider, the console set up for it, and environments whose groups give roles.

    No local AWS: pages that need none.
    """
    registry.register(OpenIDConnectProvider)  # as the app does where OIDC_ISSUER is set
    running = provider_process
    running.wrong, running.sessions, running.grants = Wrong(), {}, {}
    running.people = {
        "hana": Person("subject-hana", "hana@miyabi-world.com", ["developers"]),
        "kenji": Person("subject-kenji", "kenji@miyabi-world.com", ["platform", "developers"]),
        "guest": Person("subject-guest", "guest@miyabi-world.com", ["everybody"]),
    }
    for name, value in running.environ().items():
        setattr(settings, name, value)
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": settings.OIDC_PROVIDER_ID,
                    "name": "provider",
                    "client_id": running.client_id,
                    "secret": running.client_secret,
                    "settings": {"server_url": running.issuer, "scope": ["openid", "email"]},
                }
            ],
        }
    }
    groups = {
        "dev": (("developers", ("editor",)), ("platform", ("admin",))),
        "staging": (("developers", ("viewer",)),),
        "prod": (("platform", ("admin", "auditor")),),
    }
    places = fresh_environments(dev=Rules(step_up=True))
    path = tmp_path / "environments.toml"
    path.write_text(
        as_toml({name: replace(place, groups=groups[name]) for name, place in places.items()})
    )
    settings.ENVIRONMENTS_FILE = path
    forget_configuration()
    return running
