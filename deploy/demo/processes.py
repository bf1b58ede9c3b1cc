"""The processes of the demo: ports, gunicorn and its workers, waiting for them and ending them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from deploy.demo.local_aws import HOST, PROJECT

START_SECONDS, STOP_SECONDS = 60, 10
GUNICORN = ("-m", "gunicorn", "--config", "deploy/gunicorn.conf.py")  # after Python's own name


class DemoError(Exception):
    """The demo cannot start or go on; the message says why."""


def choose_port(name: str, default: int) -> int:
    """The port that the variable `name` sets; 0 is any free one. Raises DemoError."""
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) > 65535:
        raise DemoError(f"{name}: expected a port, a number up to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as error:
            raise DemoError(
                f"Port {text} cannot be used: {error.strerror}. {name} sets another."
            ) from None
        port: int = probe.getsockname()[1]
    return port


def run_to_end(module: str, environ: Mapping[str, str], log: Path, *arguments: str) -> None:
    """Run `python -m module` with arguments, its output in `log`.

    Raises DemoError with the log's last lines when it fails.
    """
    with log.open("a") as output:
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=environ, stdout=output, stderr=output, check=False
        )
    if done.returncode:
        raise DemoError(f"{module} failed:\n{_tail(log)}")


@contextmanager
def gunicorn(
    environ: Mapping[str, str], log: Path, *, reload: bool = False
) -> Iterator[subprocess.Popen[Any]]:
    """Run the console under gunicorn; at the end it and every process that it started are gone.

    With `reload` its workers load a change of code, template or static file within a second or two.
    """
    command = [sys.executable, *GUNICORN]
    if reload:
        command += ["--reload", *(f"--reload-extra-file={path}" for path in _files_of_pages())]
    with log.open("a") as output:
        # In a session of its own: Ctrl-C reaches only the demo, which stops things in order.
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environ, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        end(process)


@contextmanager
def beside(module: str, environ: Mapping[str, str], log: Path, *arguments: str) -> Iterator[None]:
    """Run `python -m module` with arguments, its output in `log`, and end it with the block."""
    with log.open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=PROJECT,
            env=environ,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    finally:
        end(process)


def _files_of_pages() -> list[Path]:
    """Templates and static files: without DEBUG, a worker reads each of them only once."""
    folders = (PROJECT / "templates", PROJECT / "secrets_ui" / "static")
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def end(process: subprocess.Popen[Any]) -> None:
    """Send TERM to a process that leads a group, and KILL to what is left of the group later."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever is left of its group
    process.wait()


def wait_until_ready(process: subprocess.Popen[Any], url: str, log: Path) -> None:
    """Wait for `url` to answer with 200.

    Raises DemoError when the process ends first, or after a minute.
    """
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - always http on loopback
                return
        except OSError:
            time.sleep(0.1)
    raise DemoError(f"The console does not answer:\n{_tail(log)}")


def watch(processes: Mapping[str, tuple[subprocess.Popen[Any], Path]]) -> None:
    """Wait until a signal comes. Raises DemoError when one of the processes ends by itself."""
    while True:
        time.sleep(0.5)
        for name, (process, log) in processes.items():
            if process.poll() is not None:
                raise DemoError(
                    f"The {name} ended by itself, with status {process.returncode}:\n{_tail(log)}"
                )


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
