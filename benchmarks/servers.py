"""The console and the reference page under gunicorn, before one fake AWS and one database."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.browser import Browser
from deploy.demo.local_aws import CREDENTIALS, HOST, PROJECT
from deploy.demo.processes import choose_port, gunicorn, run_to_end, wait_until_ready
from testkit.estate import TOML, make_secrets
from testkit.fake_aws import FakeAwsProcess

EDITOR = "editor"  # one of the accounts that benchmarks.seed makes


@dataclass(frozen=True)
class Server:
    port: int
    pid: int  # gunicorn's master

    def children(self) -> list[int]:
        """Process ids, from /proc; none where there is no such folder."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []

    def workers(self) -> list[int]:
        """Without the child that settles the audit log."""
        return [
            pid for pid in self.children() if "gunicorn" in Path(f"/proc/{pid}/cmdline").read_text()
        ]


@dataclass(frozen=True)
class Servers:
    """`browser` is signed in as an editor, at the console and at the reference page."""

    aws: FakeAwsProcess
    console: Server
    reference: Server
    browser: Browser


def make_environ(folder: Path, endpoint: str, **more: str) -> dict[str, str]:
    """The console's settings: a database of its own, the fake AWS."""
    (folder / "environments.toml").write_text(TOML, encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return (
        own
        | CREDENTIALS
        | _keys()
        | {
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "ENVIRONMENTS_FILE": str(folder / "environments.toml"),
            "CATALOG_FILE": str(PROJECT / "deploy" / "catalog.json"),
            "ENV_FILE": str(folder / "none.env"),
            "LOCAL_AWS_ENDPOINT": endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "WRITES_PER_MINUTE": "1000000",
            "STATUS_EVERY": "0",
            "HOST": HOST,
        }
        | more
    )


@cache
def _keys() -> dict[str, str]:
    """New keys and a password, the same for a whole run, so that its databases can be copied."""
    names = ("SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY")
    keys = {name: secrets.token_urlsafe(48) for name in names}
    return keys | {"DEMO_PASSWORD": secrets.token_urlsafe(12)}


_seeded: list[bytes] = []  # the first database in a file of this run, if there was one


def seed(environ: Mapping[str, str], folder: Path) -> None:
    """Fill the database of `environ`, as benchmarks.seed does, or with a copy of what it did."""
    database = folder / "db.sqlite3"
    is_file = environ["DATABASE_URL"] == f"sqlite:///{database}"
    if is_file and _seeded:
        database.write_bytes(_seeded[0])
        return
    run_to_end("benchmarks.seed", environ, folder / "seed.log")
    if is_file:
        _seeded.append(database.read_bytes())


@contextmanager
def start(prod: int) -> Iterator[Servers]:
    """Start warm: each page was opened until no version was unknown. prod has `prod` secrets."""
    with (
        TemporaryDirectory(prefix="miyabi-bench-") as name,
        FakeAwsProcess.start(make_secrets(prod)) as aws,
    ):
        folder = Path(name)
        environ = make_environ(folder, aws.endpoint)
        seed(environ, folder)
        with (
            serve(environ, folder, "miyabi_admin.settings") as console,
            serve(environ, folder, "benchmarks.reference.settings") as reference,
        ):
            browser = Browser(console.port)
            browser.sign_in(EDITOR, environ["DEMO_PASSWORD"])
            _warm(browser, aws)
            yield Servers(aws, console, reference, browser)
            browser.close()


@contextmanager
def serve(environ: Mapping[str, str], folder: Path, settings: str) -> Iterator[Server]:
    port, log = choose_port("NO_SUCH_VARIABLE", 0), folder / f"{settings}.log"
    with gunicorn(
        {**environ, "PORT": str(port), "DJANGO_SETTINGS_MODULE": settings}, log
    ) as process:
        wait_until_ready(process, f"http://{HOST}:{port}/livez", log)
        yield Server(port, process.pid)


def _warm(browser: Browser, aws: FakeAwsProcess) -> None:
    """Open the long page until it reads no version: each time it reads at most 20 unknown ones."""
    for path in ("/dev/", "/staging/", "/prod/", "/compare"):
        aws.take_calls(EDITOR)
        while browser.get(path) and aws.take_calls(EDITOR).get("GetSecretValue"):
            pass
