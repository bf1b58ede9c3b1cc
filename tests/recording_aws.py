"""An endpoint between the console and the local AWS: it records every call, and breaks those that a test names."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_HOP = ("connection", "transfer-encoding", "content-length", "server", "date")  # set anew on the way back


@dataclass(frozen=True)
class Call:
    """One API call as it came in. `key_id` is the access key that signed it, `session` the STS session that this key belongs to."""

    operation: str  # "PutSecretValue", "AssumeRole"
    body: dict[str, Any]
    key_id: str
    session: str = ""  # "ROLE-ARN as SESSION-NAME", "" for the console's own credentials


@dataclass(frozen=True)
class Broken:
    """What a named operation gets instead of AWS's answer; status 0 closes the connection without one."""

    status: int
    body: str = ""
    seconds: float = 0


class RecordingAws:
    """`endpoint` is its URL; `calls` what arrived, in order. Leaving the `with` block ends it."""

    def __init__(self, upstream: str) -> None:
        self.calls: list[Call] = []
        self.broken: dict[str, Broken] = {}
        self._sessions: dict[str, str] = {}
        self._upstream = str(urlsplit(upstream).netloc)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]

    def break_call(self, operation: str, code: str, message: str = "", status: int = 400) -> None:
        """From now on AWS refuses `operation` with an error of its JSON services."""
        self.broken[operation] = Broken(status, json.dumps({"__type": code, "message": message}))

    def drop_call(self, operation: str) -> None:
        """From now on the connection closes on `operation`, and nobody knows whether AWS took it."""
        self.broken[operation] = Broken(0)

    def delay_call(self, operation: str, seconds: float) -> None:
        """From now on `operation` is not answered for so long."""
        self.broken[operation] = Broken(0, seconds=seconds)

    def __enter__(self) -> Self:
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._wake.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer(self, body)

            do_GET = do_PUT = do_DELETE = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        call = self._call(request, body)
        self.calls.append(call)
        broken = self.broken.get(call.operation)
        if broken is None:
            self._pass_on(request, body, call)
        elif broken.status:
            _send(request, broken.status, [("Content-Type", "application/x-amz-json-1.1")], broken.body.encode())
        else:
            self._wake.wait(broken.seconds)
            request.close_connection = True

    def _call(self, request: BaseHTTPRequestHandler, body: bytes) -> Call:
        key_id = request.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        target = request.headers.get("X-Amz-Target", "")
        if target:
            operation, read = target.rpartition(".")[2], json.loads(body or b"{}")
        else:
            read = {key: values[0] for key, values in parse_qs(body.decode()).items()}
            operation = read.get("Action", f"{request.command} {request.path}")
        return Call(operation, read, key_id, self._sessions.get(key_id, ""))

    def _pass_on(self, request: BaseHTTPRequestHandler, body: bytes, call: Call) -> None:
        connection = HTTPConnection(self._upstream, timeout=30)
        try:
            # The Host as well: the local AWS refuses any but loopback's, and moto tells services apart by the signature.
            connection.request(request.command, request.path, body, dict(request.headers.items()))
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if call.operation == "AssumeRole":
            self._sessions[_between(text, "<AccessKeyId>")] = f"{call.body['RoleArn']} as {call.body['RoleSessionName']}"
        _send(request, answer.status, [(k, v) for k, v in answer.getheaders() if k.lower() not in _HOP], text)


def _between(text: bytes, tag: str) -> str:
    return text.decode().partition(tag)[2].partition("<")[0]


def _send(request: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    request.send_response(status)
    for name, value in headers:
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
