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
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, Self, cast

if TYPE_CHECKING:
    from deploy.demo.moto_state import MotoState

HOST = "127.0.0.1"
PROJECT = Path(__file__).resolve().parents[2]

# moto checks no signature, so any keys do. They belong to moto's own account; sts:AssumeRole leads
# to the accounts of an estate.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}


class LocalAwsError(RuntimeError):
    """The local AWS did not start; the message says why."""


@dataclass
class LocalAws:
    """A running local AWS at the URL `endpoint`. `stop()`, or leaving the `with` block, ends it."""

    endpoint: str
    pid: int
    process: subprocess.Popen[str] = field(repr=False)

    module: ClassVar[str] = __spec__.name  # what runs in its process

    @classmethod
    def start(
        cls, port: int = 0, log: Path | None = None, timeout: float = 30, state: Path | None = None
    ) -> Self:
        """Start the server on `port` (0: a free one); wait `timeout` seconds at most for an answer.

        `log` takes what the server writes to its standard error. The server starts with the
        contents of the file `state`, if it exists, and keeps it up to date. Raises LocalAwsError.
        """
        stderr: IO[str] | int = log.open("a") if log else subprocess.DEVNULL
        command = [sys.executable, "-m", cls.module]
        command += ["--port", str(port), "--parent", str(os.getpid())]
        process = subprocess.Popen(
            command + (["--state", str(state)] if state else []),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            # Ctrl-C in a terminal reaches the parent only, which stops this process last.
            start_new_session=True,
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


def main(around: Callable[[Any], Any] = lambda application: application) -> int:
    """Print the endpoint, and serve until TERM, INT, or the end of the parent process.

    `around` gets moto's WSGI application, and returns the one that is served.
    """
    arguments = _parse_arguments()
    try:
        listener = _listen(arguments.port)
    except OSError as error:
        print(
            f"The local AWS cannot listen on {HOST}:{arguments.port}: {error.strerror}.", flush=True
        )
        return 1
    # These load moto, which only the server's process needs.
    from deploy.demo.moto_server import make_server
    from deploy.demo.moto_state import MotoState, StateError

    state = MotoState(arguments.state)
    try:
        server = make_server(listener, state, around)
    except StateError as error:
        print(error, flush=True)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: _leave(state))
    parent = threading.Thread(
        target=_leave_with_parent, args=[arguments.parent, state], daemon=True
    )
    parent.start()
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
    parser.add_argument(
        "--state", type=Path, help="file that holds the contents between two starts"
    )
    return parser.parse_args()


def _leave(state: MotoState) -> None:
    state.save()
    os._exit(0)  # nothing else needs a tidy end


def _leave_with_parent(parent: int, state: MotoState) -> None:
    """Save twice a second, and exit when the parent has died, even by KILL.

    An orphan gets another parent on every Unix.
    """
    while os.getppid() == parent:
        time.sleep(0.5)
        state.save()
    _leave(state)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    # A port that was just left can be taken again at once.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(128)
    return listener


if __name__ == "__main__":
    sys.exit(main())
