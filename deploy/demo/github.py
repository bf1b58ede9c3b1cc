"""A small GitHub for the demo and the tests, on loopback: as much of its REST API as says whether a
token, or the two halves of an OAuth app, are good.

Never for anything real: whoever reaches it may make a token. `wrong` makes it answer badly. Its
`log` is the one place outside AWS where a value that was tried may be found.
"""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

from deploy.demo.serving import Answers, serving
from deploy.demo.values import make_github_token

DOCS = "https://docs.github.com/rest"


@dataclass
class Token:
    """`scopes` None: a fine-grained token, which has none."""

    login: str = "miyabi-bot"
    scopes: tuple[str, ...] | None = ("repo", "workflow")
    expires: datetime | None = None
    is_revoked: bool = False

    @property
    def is_good(self) -> bool:
        return not self.is_revoked and (self.expires is None or self.expires > datetime.now(UTC))

    @property
    def headers(self) -> dict[str, str]:
        told = {} if self.scopes is None else {"X_OAuth_Scopes": ", ".join(self.scopes)}
        if self.expires:
            moment = f"{self.expires.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            told["GitHub_Authentication_Token_Expiration"] = moment
        return told


class GitHub:
    """`tokens` by their texts, secrets of `apps` by client id. Change them, or `wrong` (one of
    WRONG), while it runs."""

    def __init__(self) -> None:
        self.tokens: dict[str, Token] = {}
        self.apps: dict[str, str] = {}
        self.wrong = ""
        self.log: list[str] = []
        self.address = ""
        self.is_over = threading.Event()

    @contextmanager
    def running(self, port: int = 0) -> Iterator[GitHub]:
        with serving(type("Handler", (_Handler,), {"github": self}), port) as self.address:
            try:
                yield self
            finally:
                self.is_over.set()

    def environ(self) -> dict[str, str]:
        """The settings of a console that tries values here."""
        return {"CREDENTIAL_CHECKS": "true", "GITHUB_API_URL": self.address}

    def make_token(self, days: int = 0) -> str:
        """Makes one that works for so many days, or for ever."""
        text = make_github_token()
        self.tokens[text] = Token(expires=in_days(days) if days else None)
        return text

    def is_app(self, client_id: str, authorization: str) -> bool:
        pair = f"{client_id}:{self.apps.get(client_id)}"
        proof = base64.b64encode(pair.encode()).decode()
        return client_id in self.apps and authorization == f"Basic {proof}"


def in_days(days: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


class _Handler(Answers, BaseHTTPRequestHandler):
    github: ClassVar[GitHub]

    def do_GET(self) -> None:
        self._note()
        if self.path == "/":
            return self._show()
        if self._is_answered_badly():
            return None
        if self.path != "/user":
            return self._message(404, "Not Found")
        token = self.github.tokens.get(self._authorization().removeprefix("Bearer "))
        if token is None or not token.is_good:
            return self._message(401, "Bad credentials")
        return self.json(200, {"login": token.login, "id": 1, "type": "User"}, **token.headers)

    def do_HEAD(self) -> None:
        self._note()
        self.answer(200, "text/html", "")

    def do_POST(self) -> None:
        self._note()
        body = self.body().decode()
        if self.path == "/tokens":
            return self._make(body)
        if self.path == "/tokens/revoke":
            return self._revoke(body)
        if self._is_answered_badly():
            return None
        root, client_id, what = [*self.path.strip("/").split("/"), "", ""][:3]
        if (root, what) != ("applications", "token"):
            return self._message(404, "Not Found")
        if not self.github.is_app(client_id, self._authorization()):
            return self._message(401, "Bad credentials")
        known = json.loads(body).get("access_token") in self.github.tokens
        return self.json(200, {"id": 1}) if known else self._message(404, "Not Found")

    def _authorization(self) -> str:
        return self.headers.get("Authorization", "")

    def _note(self) -> None:
        self.github.log.append(f"{self.command} {self.path} {self._authorization()}")

    def _message(self, status: int, text: str) -> None:
        self.json(status, {"message": text, "documentation_url": DOCS, "status": str(status)})

    def _make(self, form: str) -> None:
        if form not in (f"days={days}" for days, _ in _CHOICES):
            return self._message(400, "Problems parsing the form")
        return self._show(self.github.make_token(int(form.removeprefix("days="))))

    def _revoke(self, form: str) -> None:
        """By the token's place in the list, from 0: the page does not have its text."""
        place = form.removeprefix("token=")
        tokens = [*self.github.tokens.values()]
        if not place.isdecimal() or int(place) >= len(tokens):
            return self._message(400, "Problems parsing the form")
        tokens[int(place)].is_revoked = True
        return self._show()

    def _show(self, made: str = "") -> None:
        page = _page(made, [*self.github.tokens.values()])
        self.answer(200, "text/html; charset=utf-8", page, Cache_Control="no-store")

    def _is_answered_badly(self) -> bool:
        """Whether `wrong` had its way."""
        wrong, self.close_connection = self.github.wrong, bool(self.github.wrong)
        if wrong in _ANSWERS:
            status, kind, text, headers = _ANSWERS[wrong]
            self.answer(status, kind, text, **headers)
        elif wrong == "silent":
            self.github.is_over.wait(60)
        elif wrong == "dripping":
            self._drip()
        return bool(wrong)

    def _drip(self) -> None:
        """A byte of a header now and then: each comes in time, and the last one never."""
        self.send_response(200)
        self.flush_headers()
        try:
            while not self.github.is_over.wait(0.2):
                self.wfile.write(b"X")
        except OSError:
            return


_LIMITED = json.dumps({"message": "API rate limit exceeded"})
_JSON, _HTML = "application/json", "text/html"
_ANSWERS: Mapping[str, tuple[int, str, str, dict[str, str]]] = {
    "503": (503, _HTML, "<h1>Unicorn!</h1>", {}),
    "rate limit": (403, _JSON, _LIMITED, {"X_RateLimit_Remaining": "0"}),
    "too many": (429, _JSON, _LIMITED, {"Retry_After": "60"}),
    "forbidden": (403, _JSON, json.dumps({"message": "Resource not accessible"}), {}),
    "redirect": (302, _HTML, "", {"Location": "http://127.0.0.1:9/elsewhere"}),
    "garbage": (200, _JSON, '{"login": ', {}),
    "a list": (200, _JSON, '["login"]', {}),
    "long": (200, _JSON, json.dumps({"login": "miyabi-bot", "bio": "x" * 100_000}), {}),
    "gateway": (401, _HTML, "<h1>Who are you?</h1>", {}),
    "no api": (404, _HTML, "<h1>No such page</h1>", {}),
}
WRONG = (*_ANSWERS, "closed", "silent", "dripping")
_CHOICES = ((60, "for 60 days"), (9, "for 9 days"), (0, "for ever"))


def _page(made: str, tokens: list[Token]) -> str:
    """The page with its buttons, and the text of the token that was `made` just now."""
    shown = f"<p>Made, and shown once: <code>{html.escape(made)}</code></p>" if made else ""
    buttons = "".join(
        f'<p><button name="days" value="{days}">Make a token that works {words}</button></p>'
        for days, words in _CHOICES
    )
    listed = "".join(_line(place, token) for place, token in enumerate(tokens))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>The demo’s GitHub</title>'
        "<h1>The demo’s GitHub</h1><p>It stands in for github.com, and knows the tokens of the "
        f'demo’s secrets.</p>{shown}<form method="post" action="/tokens">{buttons}</form>'
        f'<h2>Tokens</h2><form method="post" action="/tokens/revoke"><ol>{listed}</ol></form>'
        "</html>"
    )


def _line(place: int, token: Token) -> str:
    until = f"until {token.expires:%Y-%m-%d}" if token.expires else "for ever"
    if not token.is_good:
        return f"<li>{html.escape(token.login)}: does not work any more</li>"
    button = f'<button name="token" value="{place}">Revoke it</button>'
    return f"<li>{html.escape(token.login)}, works {until} {button}</li>"
