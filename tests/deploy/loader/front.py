"""A TLS front before the local AWS: checks signatures, counts calls, and can misbehave."""

from __future__ import annotations

import json
import ssl
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deploy.demo.local_aws import CREDENTIALS
from deploy.demo.serving import Answers
from testkit.tls import REGION, Certificates

Answer = Callable[["Handler", dict[str, Any]], None]


class Front(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, endpoint: str, certificates: Certificates) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = str(urlsplit(endpoint).netloc)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates.chain, certificates.key)
        self._lock = threading.Lock()
        self.reset()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def reset(self) -> None:
        self.calls: list[tuple[str, Any]] = []  # operation and secret
        self.tokens: list[str | None] = []
        self.connections = 0
        self.answers: dict[str, deque[Answer]] = {}

    def answer(self, secret: str, *answers: Answer) -> None:
        """What the next calls for a secret get, in the place of the local AWS's answer."""
        self.answers.setdefault(secret, deque()).extend(answers)

    def record(self, operation: str, asked: dict[str, Any], token: str | None) -> Answer | None:
        secret = asked.get("SecretId") or ",".join(asked.get("SecretIdList", ()))
        with self._lock:
            self.calls.append((operation, secret))
            self.tokens.append(token)
            waiting = self.answers.get(secret)
            return waiting.popleft() if waiting else None

    def get_request(self) -> tuple[Any, Any]:
        plain, address = super().get_request()
        self.connections += 1
        return self._context.wrap_socket(
            plain, server_side=True, do_handshake_on_connect=False
        ), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or does not trust the certificate, is no fault of the server."""


class Handler(Answers, BaseHTTPRequestHandler):
    server: Front

    def do_POST(self) -> None:
        body = self.body()
        if self.headers["Authorization"] != expected_authorization(dict(self.headers), body):
            return self.refuse(
                "InvalidSignatureException", "The request signature we calculated does not match."
            )
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        asked = json.loads(body)
        answer = self.server.record(operation, asked, self.headers["X-Amz-Security-Token"])
        return answer(self, asked) if answer else self._pass_on(body)

    def _pass_on(self, body: bytes) -> None:
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in ("host", "connection")
        }
        with closing(HTTPConnection(self.server.behind, timeout=20)) as connection:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            self.send(response.status, response.read())

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("x-amzn-RequestId", "11112222-3333-4444-5555-666677778888")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, code: str, message: str, status: int = 400) -> None:
        self.send(status, json.dumps({"__type": code, "message": message}).encode())


def refusing(code: str, message: str = "No.", status: int = 400) -> Answer:
    return lambda handler, asked: handler.refuse(code, message, status)


def telling(document: Any, status: int = 200) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return lambda handler, asked: handler.send(status, body)


def expected_authorization(headers: dict[str, str], body: bytes) -> str:
    """By botocore, of the headers that the request says it signed."""
    sent = {name.lower(): value for name, value in headers.items()}
    signed = sent["authorization"].partition("SignedHeaders=")[2].partition(",")[0]
    return sign_with_botocore({name: sent[name] for name in signed.split(";")}, body)


def sign_with_botocore(
    headers: dict[str, str],
    body: bytes,
    key_id: str = CREDENTIALS["AWS_ACCESS_KEY_ID"],
    secret_key: str = CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    region: str = REGION,
) -> str:
    """The Authorization header that botocore's own signer would send."""
    lower = {name.lower(): value for name, value in headers.items()}
    request = AWSRequest(method="POST", url=f"https://{lower['host']}/", data=body, headers=headers)
    request.context["timestamp"] = lower["x-amz-date"]
    auth = SigV4Auth(Credentials(key_id, secret_key), "secretsmanager", region)
    canonical = auth.canonical_request(request)
    auth._inject_signature_to_request(
        request, auth.signature(auth.string_to_sign(request, canonical), request)
    )
    return str(request.headers["Authorization"])
