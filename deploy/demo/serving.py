"""What the demo's small servers share: one on loopback in a thread, and how it answers."""

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from typing import Any, TypeVar

HOST = "127.0.0.1"
S = TypeVar("S", bound=BaseServer)


class Answers(BaseHTTPRequestHandler):
    """What a handler says, and that it logs nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body would wait 40 ms for its head's acknowledgement

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def json(self, status: int, document: Mapping[str, Any], **headers: str) -> None:
        self.answer(status, "application/json", json.dumps(document), **headers)

    def answer(self, status: int, kind: str, text: str, **headers: str) -> None:
        """`headers` by their names, hyphens as underscores."""
        body = text.encode()
        self.send_response(status)
        for name, value in {
            "Content_Type": kind,
            "Content_Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing, because addresses and headers hold codes, states and tokens."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        """Says nothing of a client that went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*args)


@contextmanager
def serving(handler: type[Answers], port: int = 0) -> Iterator[str]:
    """Serves on loopback; yields the address."""
    with in_thread(_Server((HOST, port), handler)) as server:
        yield f"http://{HOST}:{server.server_port}"


@contextmanager
def in_thread(server: S) -> Iterator[S]:
    """Serves from a thread of this process until the block ends."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
