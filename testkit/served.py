"""The console under gunicorn, as it is deployed, and people who use it by plain HTTP."""

import json
import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from deploy.demo.account import Account
from deploy.demo.folder import make_keys
from deploy.demo.local_aws import HOST
from deploy.demo.processes import GUNICORN, choose_port, end, gunicorn, wait_until_ready
from deploy.demo.settings import make_settings
from secrets_ui.domain.environment import Environment
from testkit import warm
from testkit.copying_aws import CopyingAws
from testkit.environments import as_toml, fresh_environments
from testkit.recording_aws import RecordingAws

CSRF_COOKIE = "__Host-csrf"


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
        """Sends a form as our own pages do: the cookie's own value is a token as well."""
        if CSRF_COOKIE not in self._cookies:
            self.get("/sign-in")
        sent = {**form, "csrfmiddlewaretoken": self._cookies[CSRF_COOKIE].value}
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


Process = subprocess.Popen[Any] | warm.Program


@contextmanager
def _forked_gunicorn(environ: Mapping[str, str], log: Path) -> Iterator[warm.Program]:
    with open(os.devnull) as nothing, log.open("a") as output:
        streams = (nothing.fileno(), output.fileno(), output.fileno())
        process = warm.begin(GUNICORN, environ, *streams, leads_group=True)
    try:
        yield process
    finally:
        end(process)


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
    def running(self, *, started: bool = False, **environ: str) -> Iterator[Process]:
        """A gunicorn with these settings as well.

        It is a fork of the warm Python, a small part of the price, unless it has to be `started`.
        """
        merged = self.environ | environ
        with (gunicorn if started else _forked_gunicorn)(merged, self.log) as process:
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


@dataclass(frozen=True)
class Seeded:
    """What `deploy.demo.seed` leaves: each console on SQLite begins with a copy of it."""

    keys: dict[str, str]
    password: str
    database: bytes
    accounts: dict[str, Account]

    def database_of(self, environments: Mapping[str, Environment]) -> bytes:
        """Facts of a version stand by its ARN; every account id has twelve digits."""
        found = self.database
        for name, account in self.accounts.items():
            old, new = account.environment.account, environments[name].account
            found = found.replace(old.encode(), new.encode())
        return found


_seeded: dict[str, Seeded] = {}  # by the endpoint of the local AWS


def seeded(local_aws: CopyingAws) -> Seeded:
    """Seeded by the first who asks: it takes more of the processor than a server that starts."""
    if local_aws.endpoint not in _seeded:
        environments = fresh_environments()
        accounts = local_aws.build_estate(environments)
        keys, password = make_keys(), secrets.token_urlsafe(12)
        with TemporaryDirectory() as name:
            folder = Path(name)
            write_environments(folder, environments)
            settings = make_settings(folder, 8000, local_aws, password, keys)
            seed(settings)
            database = (folder / "db.sqlite3").read_bytes()
        _seeded[local_aws.endpoint] = Seeded(keys, password, database, accounts)
    return _seeded[local_aws.endpoint]


def seed(settings: Mapping[str, str]) -> None:
    ended = warm.run(["-m", "deploy.demo.seed"], settings)
    assert ended.returncode == 0, ended.stderr


def write_environments(folder: Path, environments: Mapping[str, Environment]) -> None:
    (folder / "environments.toml").write_text(as_toml(dict(environments)), encoding="utf-8")


@contextmanager
def served(local_aws: CopyingAws, folder: Path, **environ: str) -> Iterator[Served]:
    """An estate, a database with an account for each role, and settings for the console."""
    environments, pattern = fresh_environments(), seeded(local_aws)
    write_environments(folder, environments)
    (folder / "tmp").mkdir()
    port = choose_port("NO_SUCH_VARIABLE", 0)
    with RecordingAws(local_aws.endpoint) as aws:
        settings = make_settings(folder, port, local_aws, pattern.password, pattern.keys)
        settings |= {
            "LOCAL_AWS_ENDPOINT": aws.endpoint,
            "TMPDIR": str(folder / "tmp"),
            "WEB_CONCURRENCY": "1",
            # A runner beside the console would make calls that no test expects.
            "STATUS_EVERY": "0",
            **environ,
        }
        console = Served(folder, settings, pattern.password, aws, {})
        if "DATABASE_URL" in environ:
            console.accounts |= local_aws.build_estate(environments)
            seed(settings)
        else:
            console.accounts |= local_aws.copy(pattern.accounts, environments)
            (folder / "db.sqlite3").write_bytes(pattern.database_of(environments))
        yield console
