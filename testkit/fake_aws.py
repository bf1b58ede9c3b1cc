"""A fake AWS endpoint on loopback: HTTP/1.1, kept connections, and a fixed delay.

A moto server answers some 150 calls a second and slows with its contents; claims about speed and
scale need an endpoint that costs the same for every call. `python -m testkit.fake_aws` serves one
in its own process.
"""

from __future__ import annotations

import json
import socket
import socketserver
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from io import BufferedIOBase
from typing import Any
from urllib.parse import parse_qs

from deploy.demo.serving import in_thread
from testkit.fake_account import operation_of
from testkit.fake_secrets import FakeSecrets

HOST = "127.0.0.1"
Headers = dict[str, str]


class FakeAws(socketserver.ThreadingTCPServer):
    """`delay` is in seconds, and may be changed while it serves."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def __init__(self, secrets: Mapping[str, str], delay: float = 0) -> None:
        super().__init__((HOST, 0), _Connection)
        self.secrets, self.delay = FakeSecrets(secrets), delay
        self.open_connections: set[socket.socket] = set()

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[FakeAws]:
        """Serves from a thread of this process until the block ends, then closes connections."""
        try:
            with in_thread(self):
                yield self
        finally:
            for connection in list(self.open_connections):
                connection.shutdown(socket.SHUT_RDWR)

    def answer(self, method: str, path: str, headers: Headers, body: bytes) -> tuple[int, bytes]:
        """Status and body of an API call."""
        target = headers.get("x-amz-target", "")
        form = parse_qs(body.decode(errors="replace"))
        operation = target.rpartition(".")[2] or form.get("Action", [""])[0] or operation_of(path)
        key_id = headers["authorization"].partition("Credential=")[2].partition("/")[0]
        return self.secrets.answer(operation, body, key_id)

    def take_calls(self, person: str) -> Mapping[str, int]:
        """Calls in a person's name since the last time that somebody asked, by operation."""
        return self.secrets.take_calls(person)


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: FakeAws

    def setup(self) -> None:
        super().setup()
        self.server.open_connections.add(self.connection)

    def finish(self) -> None:
        self.server.open_connections.discard(self.connection)
        super().finish()

    def handle(self) -> None:
        while request := _read_request(self.rfile):
            status, answer = self._answer(*request)
            head = f"HTTP/1.1 {status} Told\r\nx-amzn-RequestId: {uuid.uuid4()}\r\n"
            self.wfile.write(f"{head}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)

    def _answer(self, method: str, path: str, headers: Headers, body: bytes) -> tuple[int, bytes]:
        if path.startswith("/steer/"):
            return 200, self._steer(*path.split("/")[2:])
        if self.server.delay:
            time.sleep(self.server.delay)
        return self.server.answer(method, path, headers, body)

    def _steer(self, what: str, value: str) -> bytes:
        """From another process: `delay/0.02` sets the delay; `calls/editor` takes its counts."""
        if what == "delay":
            self.server.delay = float(value)
            return b"{}"
        return json.dumps(self.server.take_calls(value)).encode()


def _read_request(stream: BufferedIOBase) -> tuple[str, str, Headers, bytes] | None:
    """Method, path, headers by their small names, and body; None at the end of the connection."""
    try:
        line = stream.readline()
        if not line:
            return None
        headers: Headers = {}
        while (header := stream.readline()) not in (b"\r\n", b""):
            name, _, value = header.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
    except ConnectionError:
        return None
    method, path, _ = line.decode().split()
    return method, path, headers, body


class FakeAwsProcess:
    """A fake endpoint in its own process: it shares no interpreter lock with what is measured."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._address = endpoint.removeprefix("http://")

    @classmethod
    @contextmanager
    def start(cls, secrets: Mapping[str, str]) -> Iterator[FakeAwsProcess]:
        command = [sys.executable, "-m", "testkit.fake_aws"]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            process.stdin.write(json.dumps(dict(secrets)) + "\n")
            process.stdin.flush()
            try:
                yield cls(process.stdout.readline().strip())
            finally:
                process.stdin.close()  # it ends with its standard input

    def delay(self, seconds: float) -> None:
        self._steer(f"delay/{seconds}")

    def take_calls(self, person: str) -> dict[str, int]:
        """The calls in a person's name since the last time that somebody asked, by operation."""
        return dict(self._steer(f"calls/{person}"))

    def _steer(self, what: str) -> Any:
        connection = HTTPConnection(self._address, timeout=5)
        try:
            connection.request("POST", f"/steer/{what}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


def main() -> None:
    """Reads the secrets as a line of JSON, prints the endpoint, serves until stdin ends."""
    with FakeAws(json.loads(sys.stdin.readline())).running() as aws:
        print(aws.endpoint, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
