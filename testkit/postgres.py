"""A PostgreSQL server for tests: in a temporary folder, reached by a socket, gone afterwards."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testkit.tls import make_certificates

FOLDERS = ("/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/homebrew/opt")


def find_programs() -> Path | None:
    """The folder with initdb and pg_ctl, of the newest version that is installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    candidates = [path.parent for folder in FOLDERS for path in Path(folder).glob("*/bin/initdb")]
    return max(
        candidates,
        key=lambda path: [int(part) for part in path.parts if part.isdecimal()],
        default=None,
    )


class PostgresServer:
    """A running server. `url(name)` is what DATABASE_URL takes for one of its databases."""

    user = "miyabi"

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder

    def url(self, database: str) -> str:
        # django-environ's form for a socket.
        return f"postgres://{self.user}@/{self.folder}/{database}"

    def run(self, program: str, *arguments: str) -> str:
        """Runs one of PostgreSQL's programs as the server's user: root may not run initdb or it."""
        command = [str(self.programs / program), *arguments]
        user, group = as_whom()
        ended = subprocess.run(
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            user=user,
            group=group,
        )
        assert ended.returncode == 0, f"{program}: {ended.stderr}"
        return ended.stdout

    def client(self, program: str, *arguments: str) -> str:
        return self.run(program, "--host", str(self.folder), "--username", self.user, *arguments)

    def new_database(self) -> str:
        """The URL of a fresh copy of the database called `migrated`."""
        name = f"test_{secrets.token_hex(4)}"
        self.client("createdb", "--template", "migrated", name)
        return self.url(name)


@contextmanager
def running(
    programs: Path, *, durable: bool = False, tls_port: int = 0
) -> Iterator[PostgresServer]:
    """With `durable`, commits wait for the disk, as they should where people's data is.

    With `tls_port`, it is reached by TLS on loopback as well, as `localhost` alone.
    """
    # Short: a socket's path has at most about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="miyabi-pg-"))
    server = PostgresServer(programs, folder)
    data = str(folder / "data")
    try:
        user, group = as_whom()
        os.chown(folder, -1 if user is None else user, -1 if group is None else group)
        init = ("--username", server.user, "--auth", "trust", "--no-sync")
        server.run("initdb", "--pgdata", data, *init)
        # fsync only matters when the machine itself goes down.
        fsync = "on" if durable else "off"
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync={fsync}"
        if tls_port:
            options += _tls(folder, tls_port)
        start = ("--log", f"{folder}/log", "--options", options, "--wait", "start")
        server.run("pg_ctl", "--pgdata", data, *start)
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.run("pg_ctl", "--pgdata", data, "--mode", "immediate", "--wait", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _tls(folder: Path, port: int) -> str:
    made = make_certificates(folder, "localhost")
    made.key.chmod(0o600)
    user, group = as_whom()
    os.chown(made.key, -1 if user is None else user, -1 if group is None else group)
    return (
        f" -c listen_addresses=127.0.0.1 -c port={port}"
        f" -c ssl=on -c ssl_cert_file='{made.chain}' -c ssl_key_file='{made.key}'"
    )


def as_whom() -> tuple[int | None, int | None]:
    """User and group for PostgreSQL's programs; None keeps the test's own."""
    if os.geteuid():
        return None, None
    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = entries.get("postgres") or entries["nobody"]
    return entry.pw_uid, entry.pw_gid
