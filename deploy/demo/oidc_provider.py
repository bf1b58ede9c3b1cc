"""A small OpenID Connect provider for the demo and the tests: code flow with PKCE, RS256, loopback.

Never for anything real: people choose who they are, without a password. `wrong` makes it answer
badly, so that a client's checks can be tested.
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from deploy.demo.serving import Answers, serving

CODE_SECONDS, TOKEN_SECONDS = 60, 300
COOKIE = "provider-session"
Query = Mapping[str, str]


@dataclass
class Person:
    subject: str
    email: str
    groups: list[str] = field(default_factory=list)


@dataclass
class Wrong:
    """What the provider does wrong. Every field's default is right."""

    is_down: bool = False  # 503 to everything
    claims: dict[str, Any] = field(default_factory=dict)  # over the ID token's; None removes one
    issuer: str = ""  # in its description
    ignores_login: bool = False  # answers prompt=login and max_age from the session that it has
    key: Any = None  # signs with this one and claims that it is the published one
    algorithm: str = "RS256"
    clock: int = 0  # seconds that its clock is ahead
    groups_in_userinfo: bool = False
    userinfo_subject: str = ""


@dataclass
class _Grant:
    query: dict[str, str]
    person: Person
    auth_time: int
    made: float


class OidcProvider:
    """`people` by the name under which they are chosen. Change them, or `wrong`, while it runs."""

    def __init__(self, redirects: Sequence[str], people: Mapping[str, Person]) -> None:
        self.client_id, self.client_secret = "miyabi-console", secrets.token_urlsafe(24)
        self.redirects, self.people = list(redirects), dict(people)
        self.wrong = Wrong()
        self.issuer = ""
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.kid = secrets.token_hex(8)
        self.grants: dict[str, _Grant] = {}
        self.tokens: dict[str, Person] = {}
        self.sessions: dict[str, tuple[str, int]] = {}  # cookie → (name, auth_time)

    @contextmanager
    def running(self, port: int = 0) -> Iterator[OidcProvider]:
        handler = type("Handler", (_Handler,), {"provider": self})
        with serving(handler, port) as self.issuer:
            yield self

    def environ(self) -> dict[str, str]:
        """The settings of a console that signs in here."""
        return {
            "OIDC_ISSUER": self.issuer,
            "OIDC_CLIENT_ID": self.client_id,
            "OIDC_CLIENT_SECRET": self.client_secret,
            "OIDC_LABEL": "the demo's provider",
        }

    def now(self) -> int:
        return int(time.time()) + self.wrong.clock

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.wrong.issuer or self.issuer,
            **{
                f"{name}_endpoint": f"{self.issuer}/{name}"
                for name in ("authorization", "token", "userinfo")
            },
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }

    def jwks(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "RS256"}]}

    def grant(self, query: Query, person: Person, auth_time: int) -> str:
        """The way back to the client, with a code for it."""
        code = secrets.token_urlsafe(24)
        self.grants[code] = _Grant(dict(query), person, auth_time, time.time())
        return (
            f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query.get('state', '')})}"
        )

    def exchange(self, form: Query) -> dict[str, Any] | None:
        """Tokens for a code, once; None when anything is not as it was agreed."""
        grant = self.grants.pop(form.get("code", ""), None)
        if (
            grant is None
            or time.time() - grant.made > CODE_SECONDS
            or not self._is_client(form, grant)
        ):
            return None
        token = secrets.token_urlsafe(24)
        self.tokens[token] = grant.person
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "id_token": self._id_token(grant),
        }

    def _is_client(self, form: Query, grant: _Grant) -> bool:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            form.get("client_id") == self.client_id
            and secrets.compare_digest(form.get("client_secret", ""), self.client_secret)
            and form.get("redirect_uri") == grant.query["redirect_uri"]
            and secrets.compare_digest(challenge, grant.query["code_challenge"])
        )

    def _id_token(self, grant: _Grant) -> str:
        now, person = self.now(), grant.person
        claims = {
            "iss": self.issuer,
            "sub": person.subject,
            "aud": self.client_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": grant.auth_time,
            "nonce": grant.query.get("nonce", ""),
            "email": person.email,
            **({} if self.wrong.groups_in_userinfo else {"groups": person.groups}),
            **self.wrong.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key: Any = None if self.wrong.algorithm == "none" else self.wrong.key or self.key
        return jwt.encode(claims, key, algorithm=self.wrong.algorithm, headers={"kid": self.kid})

    def userinfo(self, token: str) -> dict[str, Any] | None:
        person = self.tokens.get(token)
        if person is None:
            return None
        subject = self.wrong.userinfo_subject or person.subject
        return {"sub": subject, "email": person.email, "groups": person.groups}

    def is_welcome(self, query: Query) -> bool:
        """A request that may be answered by a redirect: the client's own address, a code, PKCE."""
        return (
            query.get("client_id") == self.client_id
            and query.get("redirect_uri") in self.redirects
            and query.get("response_type") == "code"
            and query.get("code_challenge_method") == "S256"
            and bool(query.get("code_challenge"))
            and "openid" in query.get("scope", "").split()
        )

    def session_for(self, cookie: str, query: Query) -> tuple[Person, int] | None:
        """Who is signed in here already, when the client is content with that."""
        name, auth_time = self.sessions.get(cookie, ("", 0))
        if name not in self.people:
            return None
        is_old = "max_age" in query and self.now() - auth_time >= int(query["max_age"] or 0)
        if (is_old or query.get("prompt") == "login") and not self.wrong.ignores_login:
            return None
        return self.people[name], auth_time


class _Handler(Answers, BaseHTTPRequestHandler):
    provider: ClassVar[OidcProvider]

    def do_GET(self) -> None:
        if self.provider.wrong.is_down:
            return self.answer(503, "text/plain", "down")
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        if url.path == "/.well-known/openid-configuration":
            return self.json(200, self.provider.description())
        if url.path == "/jwks":
            return self.json(200, self.provider.jwks())
        if url.path == "/userinfo":
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            user = self.provider.userinfo(bearer)
            return self.json(200, user) if user else self.json(401, {"error": "invalid_token"})
        if url.path == "/authorization":
            return self._authorize(query)
        return self.answer(404, "text/plain", "not found")

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.body().decode()))
        if self.provider.wrong.is_down:
            return self.answer(503, "text/plain", "down")
        if self.path == "/token":
            token = self.provider.exchange(form)
            return self.json(200, token) if token else self.json(400, {"error": "invalid_grant"})
        if urlsplit(self.path).path == "/authorization":
            return self._choose(dict(parse_qsl(urlsplit(self.path).query)), form.get("name", ""))
        return self.answer(404, "text/plain", "not found")

    def _authorize(self, query: Query) -> None:
        if not self.provider.is_welcome(query):
            return self.answer(
                400, "text/plain", "This is no request of a client that is known here."
            )
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        session = self.provider.session_for(cookie.value if cookie else "", query)
        if session:
            return self._redirect(self.provider.grant(query, *session))
        return self.answer(200, "text/html; charset=utf-8", _page(self.path, self.provider.people))

    def _choose(self, query: Query, name: str) -> None:
        if not self.provider.is_welcome(query):
            return self.answer(
                400, "text/plain", "This is no request of a client that is known here."
            )
        if name not in self.provider.people:
            denied = {"error": "access_denied", "state": query.get("state", "")}
            return self._redirect(f"{query['redirect_uri']}?{urlencode(denied)}")
        cookie, now = secrets.token_urlsafe(24), self.provider.now()
        self.provider.sessions[cookie] = (name, now)
        way = self.provider.grant(query, self.provider.people[name], now)
        return self._redirect(way, f"{COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Lax")

    def _redirect(self, location: str, cookie: str = "") -> None:
        more = {"Location": location, **({"Set_Cookie": cookie} if cookie else {})}
        self.answer(302, "text/plain", "", **more)


def _page(action: str, people: Mapping[str, Person]) -> str:
    rows = "".join(
        f'<p><button name="name" value="{html.escape(name)}">{html.escape(name)}</button> '
        f"{html.escape(', '.join(person.groups) or 'in no group')}</p>"
        for name, person in people.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>The demo's identity provider</title><h1>The demo's identity provider</h1>"
        f"<p>It stands in for your company's. Who are you?</p>"
        f'<form method="post" action="{html.escape(action)}">{rows}'
        '<p><button name="name" value="">Cancel</button></p></form></html>'
    )
