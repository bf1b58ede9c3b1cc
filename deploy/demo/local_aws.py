"""A local AWS: a moto server on loopback, in a process of its own that ends with its parent."""

from __future__ import annotations

import argparse
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Self, cast

HOST = "127.0.0.1"
PROJECT = Path(__file__).resolve().parents[2]

# moto checks no signature: any keys do. Their account is moto's own; estates are reached by sts:AssumeRole.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}


class LocalAwsError(RuntimeError):
    """The local AWS did not start; the message says why."""


@dataclass
class LocalAws:
    """A running local AWS. `endpoint` is its URL; `stop()`, or leaving the `with` block, ends it."""

    endpoint: str
    pid: int
    process: subprocess.Popen[str] = field(repr=False)

    @classmethod
    def start(cls, port: int = 0, log: Path | None = None, timeout: float = 30) -> Self:
        """Start the server on `port` (0: a free one) and wait until it answers, at most `timeout` seconds.

        `log` takes what the server writes to its standard error. Raises LocalAwsError.
        """
        stderr: IO[str] | int = log.open("a") if log else subprocess.DEVNULL
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                __spec__.name,
                "--port",
                str(port),
                "--parent",
                str(os.getpid()),
            ],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,  # Ctrl-C in a terminal is the starter's business: it stops this one last
        )
        if not isinstance(stderr, int):
            stderr.close()
        return cls(_read_endpoint(process, timeout), process.pid, process)

    def stop(self, timeout: float = 5) -> None:
        """End the server: TERM, and after `timeout` seconds KILL."""
        self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def environ(self) -> dict[str, str]:
        """What a program needs in its environment to use this AWS and no other."""
        return CREDENTIALS | {
            "LOCAL_AWS_ENDPOINT": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


def _read_endpoint(process: subprocess.Popen[str], timeout: float) -> str:
    """The line that the server prints once its socket listens; the pipe is closed after it."""
    with cast(IO[str], process.stdout) as stdout:
        ready, _, _ = select.select([stdout], [], [], timeout)
        line = stdout.readline().strip() if ready else ""
    if line.startswith("http://"):
        return line
    process.kill()
    process.wait()
    silence = (
        "The local AWS ended"
        if ready
        else f"The local AWS did not answer within {timeout:g} seconds"
    )
    raise LocalAwsError(line or f"{silence}; start it with a log to see why.")


def main() -> int:
    """Serve until TERM, INT, or the end of the parent process. Prints the endpoint once it listens."""
    arguments = _parse_arguments()
    try:
        listener = _listen(arguments.port)
    except OSError as error:
        print(
            f"The local AWS cannot listen on {HOST}:{arguments.port}: {error.strerror}.", flush=True
        )
        return 1
    from deploy.demo.moto_server import (
        make_server,
    )  # loads moto: the server's process alone needs it

    server = make_server(listener)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    threading.Thread(target=_leave_with_parent, args=[arguments.parent], daemon=True).start()
    print(f"http://{HOST}:{listener.getsockname()[1]}", flush=True)
    os.dup2(2, 1)  # nobody reads the pipe from here on, and moto prints now and then
    server.serve_forever()
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)"
    )
    parser.add_argument(
        "--parent", type=int, default=os.getppid(), help="process with which the server ends"
    )
    return parser.parse_args()


def _leave(number: int = 0, frame: FrameType | None = None) -> None:
    os._exit(0)  # nothing here is worth a tidy end: all state is in memory


def _leave_with_parent(parent: int) -> None:
    """A process whose parent has died gets another one; that works on every Unix, for KILL as well."""
    while os.getppid() == parent:
        time.sleep(0.5)
    _leave()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(
        socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
    )  # a port just left is free at once
    listener.bind((HOST, port))
    listener.listen(128)
    return listener


if __name__ == "__main__":
    sys.exit(main())
