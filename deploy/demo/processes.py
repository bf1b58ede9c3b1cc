"""The processes of the demo: ports, gunicorn and its workers, waiting for them and ending them."""

from __future__ import annotations

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


class DemoError(Exception):
    """The demo cannot start or go on; the message says why."""


def choose_port(name: str, default: int) -> int:
    """The port that the variable `name` sets, if it is free; 0 takes any free one. Raises DemoError."""
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
    """Run `python -m module` with arguments, its output in `log`. Raises DemoError with the log's last lines."""
    with log.open("a") as output:
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=environ, stdout=output, stderr=output, check=False
        )
    if done.returncode:
        raise DemoError(f"{module} failed:\n{_tail(log)}")


@contextmanager
def gunicorn(environ: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[Any]]:
    """The console under gunicorn; at the end it and every process that it started are gone."""
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    with log.open("a") as output:
        # A session of its own: Ctrl-C reaches the demo alone, which then ends things in their order.
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environ, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[Any]) -> None:
    """TERM, and after a while KILL, for a process that leads a group and all that is left of the group."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever is left of its group
    process.wait()


def wait_until_ready(process: subprocess.Popen[Any], url: str, log: Path) -> None:
    """Until `url` answers with 200. Raises DemoError when the process ends first, or after a minute."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - always http on loopback
                return
        except OSError:
            time.sleep(0.1)
    raise DemoError(f"The console does not answer:\n{_tail(log)}")


def watch(processes: Mapping[str, tuple[subprocess.Popen[Any], Path]]) -> None:
    """Wait, until a signal ends the waiting. Raises DemoError when one of the processes ends by itself."""
    while True:
        time.sleep(0.5)
        for name, (process, log) in processes.items():
            if process.poll() is not None:
                raise DemoError(
                    f"The {name} ended by itself, with status {process.returncode}:\n{_tail(log)}"
                )


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
