"""A browser as small as can be: one kept connection, cookies, the sign-in form."""

from collections.abc import Mapping
from http.client import HTTPConnection, RemoteDisconnected
from http.cookies import SimpleCookie
from urllib.parse import urlencode

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Browser:
    def __init__(self, port: int, cookies: Mapping[str, str] | None = None) -> None:
        self.cookies = dict(cookies or {})
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str, expect: int = 200) -> str:
        """The page's text.

        Raises RuntimeError when the answer's status is another than `expect`.
        """
        return self._ask("GET", path, expect, None, {})

    def post(self, path: str, fields: Mapping[str, str], expect: int, **headers: str) -> str:
        body = urlencode({**fields, "csrfmiddlewaretoken": self.cookies.get("__Host-csrf", "")})
        return self._ask("POST", path, expect, body, FORM | headers)

    def sign_in(self, name: str, password: str) -> None:
        self.get("/sign-in")  # for the cookie that goes with the form
        self.post("/sign-in", {"username": name, "password": password}, expect=302)

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self, method: str, path: str, expect: int, body: str | None, headers: Mapping[str, str]
    ) -> str:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**headers, "Cookie": cookie}
        try:
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
        except RemoteDisconnected:  # gunicorn closes a quiet connection in the end
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        if answer.status != expect:
            raise RuntimeError(
                f"{method} {path} answered {answer.status}, not {expect}: {text[:2000]}"
            )
        return text
