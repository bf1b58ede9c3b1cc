"""A Python that has read what a console reads, and forks for each program that a test runs.

Reading takes most of a short program's processor time. The program is the real one, with its own
arguments, environment, settings and streams; where a start itself is tested, use subprocess.
"""

import atexit
import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from types import ModuleType
from typing import IO, Any, NoReturn, cast

from django.conf import settings
from django.db import connections

PROJECT = Path(__file__).resolve().parents[1]
# What asks for no settings; of the packages every module.
MODULES = (
    *("argon2", "boto3", "csp.constants", "fido2.server", "gunicorn.app.wsgiapp", "psycopg"),
    *("django.contrib.auth.hashers", "django.core.management", "django.core.servers.basehttp"),
    *("django.db.backends.sqlite3.base", "django.db.migrations.executor", "django.forms"),
    *("django.core.handlers.wsgi", "django.template.defaulttags", "django.urls", "qrcode"),
    *("django.contrib.staticfiles.storage", "django.core.mail", "django.test", "requests"),
    *("django.db.models", "django.views.debug", "jwt", "prometheus_client", "whitenoise"),
)
PACKAGES = ("secrets_ui.aws", "secrets_ui.checks", "secrets_ui.domain", "secrets_ui.trying")
_asking = threading.Lock()  # the warm Python takes one request after the other


class Program:
    """As subprocess.Popen: a program that runs in a fork of the warm Python."""

    def __init__(self, told: IO[str]) -> None:
        self._told, self.pid = told, int(told.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """The exit status, minus the signal's number if killed. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


@cache
def _control() -> socket.socket:
    """To the warm Python, which ends with this process."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "testkit.warm", str(theirs.fileno())]
    with theirs:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def leave() -> None:
        ours.close()
        process.wait()

    atexit.register(leave)
    return ours


def begin(
    arguments: Sequence[str], environ: Mapping[str, str], stdin: int, stdout: int, stderr: int
) -> Program:
    """Python with these arguments, as after its own name, in the project's folder."""
    reader, writer = os.pipe()
    asked = json.dumps({"arguments": list(arguments), "environ": dict(environ)})
    with _asking:
        socket.send_fds(_control(), [asked.encode()], [stdin, stdout, stderr, writer])
        os.close(writer)
        return Program(os.fdopen(reader))


def run(
    arguments: Sequence[str], environ: Mapping[str, str], said: str = "", timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """As subprocess.run: `said` comes through a pipe, and all that is written is text."""
    reader, writer = os.pipe()
    os.write(writer, said.encode())
    os.close(writer)
    with TemporaryFile() as out, TemporaryFile() as err:
        program = begin(arguments, environ, reader, out.fileno(), err.fileno())
        os.close(reader)
        try:
            status = program.wait(timeout)
        except subprocess.TimeoutExpired:
            program.kill()
            raise
        written = []
        for file in (out, err):
            file.seek(0)
            written.append(file.read().decode())
    return subprocess.CompletedProcess(list(arguments), status, *written)


def serve(control: socket.socket) -> list[str]:
    """Forks for each request, and tells of each end. Returns, in a fork, what it has to run."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    told: dict[int, int] = {}  # by process id, where its end is awaited
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 1000)
            _tell(told)
        if control.fileno() in ready:
            text, files, *_ = socket.recv_fds(control, 2**20, 4)
            if not text:
                os._exit(0)
            if not (pid := os.fork()):
                control.detach()
                return _become(json.loads(text), files)
            os.write(files[3], b"%d\n" % pid)
            told[pid] = files[3]
            for file in files[:3]:
                os.close(file)


def _tell(told: dict[int, int]) -> None:
    while told:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with suppress(BrokenPipeError):
            os.write(told[pid], b"%d\n" % os.waitstatus_to_exitcode(status))
        os.close(told.pop(pid))


def _become(asked: dict[str, Any], files: list[int]) -> list[str]:
    """A process as if it had just been started."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    os.closerange(3, 1024)
    os.environ.clear()
    os.environ.update(asked["environ"])
    if encoding := os.environ.get("PYTHONIOENCODING"):
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            cast(TextIOWrapper, stream).reconfigure(encoding=encoding)
    sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return list(asked["arguments"])


def run_here(arguments: list[str]) -> None:
    """As the interpreter would."""
    while arguments[0] == "-W":
        warnings.simplefilter(arguments[1])  # a word such as "error"
        arguments = arguments[2:]
    kind, *rest = arguments
    if kind == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.modules["__main__"] = fresh = ModuleType("__main__")
        exec(compile(rest[0], "<string>", "exec"), vars(fresh))  # noqa: S102  a test's own text
    else:
        sys.argv = arguments
        runpy.run_path(kind, run_name="__main__")


def _read() -> None:
    for name in MODULES:
        import_module(name)
    for name in PACKAGES:
        package = import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            import_module(found.name)


def _end(arguments: list[str]) -> NoReturn:
    """Without the interpreter's own end, which touches all that was read."""
    status: Any = 0
    try:
        run_here(arguments)
    except SystemExit as ended:
        status = ended.code or 0
        if not isinstance(status, int):
            print(status, file=sys.stderr)
            status = 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        status = 1
    if settings.configured:
        connections.close_all()  # SQLite then puts its log into the file
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    _read()
    gc.freeze()
    _end(serve(socket.socket(fileno=int(sys.argv[1]))))
