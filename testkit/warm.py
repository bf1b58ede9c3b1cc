"""Starts programs in forks of a Python that has read what a console reads (forking.py).

Reading takes most of a short program's processor time. The program is the real one, with its own
arguments, environment, settings and streams; so is a Python that it starts before it has read
settings, as gunicorn starts what runs beside it. Where a start itself is tested, use subprocess.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

PROJECT = Path(__file__).resolve().parents[1]
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

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, minus the signal's number if killed. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def _control() -> socket.socket:
    """To the warm Python, which ends with this process."""
    ours, theirs = socket.socketpair()
    room = " " * 400  # for the command of a fork
    command = [sys.executable, "-m", "testkit.forking", str(theirs.fileno()), room]
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
    arguments: Sequence[str],
    environ: Mapping[str, str],
    stdin: int,
    stdout: int,
    stderr: int,
    *,
    leads_group: bool = False,
) -> Program:
    """Python with these arguments, as after its own name, in the project's folder."""
    reader, writer = os.pipe()
    asked = json.dumps([list(arguments), dict(environ), leads_group])
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
