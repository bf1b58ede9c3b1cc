"""The fake AWS behind TLS, in a process of its own."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from benchmarks.fake_aws import FakeAws
from benchmarks.tls import Certificates


class TlsAws(FakeAws):
    """Handshakes happen in the connection's own thread."""

    def __init__(self, secrets: Mapping[str, str], delay: float, chain: str, key: str) -> None:
        super().__init__(secrets, delay)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(chain, key)

    def get_request(self) -> tuple[socket.socket, Any]:
        plain, address = super().get_request()
        return self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or does not trust the certificate, is no fault of the server."""


@contextmanager
def start(secrets: Mapping[str, str], delay: float, certificates: Certificates) -> Iterator[int]:
    """Its port. `delay` in seconds for each call."""
    command = [sys.executable, "-m", "benchmarks.tls_aws"]
    told = [dict(secrets), delay, str(certificates.chain), str(certificates.key)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    with process:
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def main() -> None:
    """Reads its arguments as a line of JSON, prints the port, and serves until its standard input ends."""
    with TlsAws(*json.loads(sys.stdin.readline())).running() as aws:
        print(aws.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
