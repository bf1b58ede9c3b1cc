"""The console under gunicorn, as it is deployed, and people who use it by plain HTTP."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from deploy.demo.account import Account
from deploy.demo.local_aws import HOST
from deploy.demo.processes import choose_port, gunicorn, run_to_end, wait_until_ready
from deploy.demo.settings import make_settings
from testkit.copying_aws import CopyingAws
from testkit.environments import as_toml, fresh_environments
from testkit.recording_aws import RecordingAws


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Person:
    """Somebody with a browser that keeps cookies and runs no script."""

    def __init__(self, port: int, cookies: Mapping[str, str] | None = None) -> None:
        self._port, self._cookies = port, SimpleCookie(dict(cookies or {}))

    def get(self, path: str, **headers: str) -> Answer:
        return self._send("GET", path, "", headers)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        """Sends a form as our own pages do, with the token of the sign-in page or the list."""
        page = self.get("/sign-in").text or self.get("/prod/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        sent = {**form, "csrfmiddlewaretoken": token[1] if token else ""}
        return self.post_raw(path, sent, **headers)

    def post_raw(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        kind = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://{HOST}:{self._port}",
        }
        return self._send("POST", path, urlencode(form), kind | headers)

    def sign_in(self, username: str, password: str) -> Answer:
        return self.post("/sign-in", {"username": username, "password": password})

    def cookies(self) -> dict[str, str]:
        return {name: cookie.value for name, cookie in self._cookies.items()}

    def move_to(self, port: int) -> None:
        """The same browser at another process of the console."""
        self._port = port

    def announce(self, path: str, length: int) -> Answer:
        """The head of a POST with a body of so many bytes, and not one of them."""
        with closing(HTTPConnection(HOST, self._port, timeout=20)) as connection:
            connection.putrequest("POST", path)
            connection.putheader("Content-Length", str(length))
            connection.endheaders()
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def _send(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies().items())
        with closing(HTTPConnection(HOST, self._port, timeout=60)) as connection:
            connection.request(method, path, body, {"Cookie": cookies, **headers})
            response = connection.getresponse()
            for cookie in response.headers.get_all("Set-Cookie", []):
                self._cookies.load(cookie)
            return Answer(response.status, response.headers, response.read())


@dataclass
class Served:
    """A console that can be started again on one database. `folder` holds all that it writes."""

    folder: Path
    environ: dict[str, str]
    password: str
    aws: RecordingAws
    accounts: dict[str, Account]

    @property
    def port(self) -> int:
        return int(self.environ["PORT"])

    @property
    def log(self) -> Path:
        return self.folder / "console.log"

    @contextmanager
    def running(self, **environ: str) -> Iterator[subprocess.Popen[Any]]:
        """A gunicorn with these settings as well."""
        merged = self.environ | environ
        with gunicorn(merged, self.log) as process:
            wait_until_ready(process, f"http://{HOST}:{merged['PORT']}/livez", self.log)
            yield process

    def workers(self) -> list[int]:
        """The id of the worker process that answered each request so far, by the access log."""
        # The last line may be half written.
        whole, _, _ = self.log.read_text(encoding="utf-8").rpartition("\n")
        lines = whole.splitlines()
        return [json.loads(line)["worker"] for line in lines if '"logger": "access"' in line]

    def person(self, role: str = "") -> Person:
        """Somebody, signed in with the account of a role if one is given."""
        person = Person(self.port)
        if role:
            assert person.sign_in(role, self.password).status == 302
        return person

    def current(self, environment: str, name: str) -> str:
        described = self.accounts[environment].clients.secretsmanager.describe_secret(SecretId=name)
        return next(
            version
            for version, labels in described["VersionIdsToStages"].items()
            if "AWSCURRENT" in labels
        )


@contextmanager
def served(local_aws: CopyingAws, folder: Path, **environ: str) -> Iterator[Served]:
    """An estate, a database with an account for each role, and settings for the console."""
    environments = fresh_environments()
    accounts = local_aws.build_estate(environments)
    (folder / "environments.toml").write_text(as_toml(environments), encoding="utf-8")
    (folder / "tmp").mkdir()
    password = secrets.token_urlsafe(12)
    with RecordingAws(local_aws.endpoint) as aws:
        settings = make_settings(folder, choose_port("NO_SUCH_VARIABLE", 0), local_aws, password)
        settings |= {
            "LOCAL_AWS_ENDPOINT": aws.endpoint,
            "TMPDIR": str(folder / "tmp"),
            "WEB_CONCURRENCY": "1",
            # A runner beside the console would make calls that no test expects.
            "STATUS_EVERY": "0",
            **environ,
        }
        console = Served(folder, settings, password, aws, accounts)
        run_to_end("deploy.demo.seed", settings, console.log)
        yield console
