"""One HTTP exchange on one connection, as much of HTTP as Secrets Manager needs.

http.client is not used: it loads the email package, which takes longer.
"""

from __future__ import annotations

import socket
import ssl

from . import _roots
from ._deadline import Deadline

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 5.0
LARGEST = 1 << 20  # bytes of an answer; a secret has 65,536 at most
PORT = 443
# OpenSSL's words for "no root leads here", and not for a wrong host name or an old certificate:
# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
UNKNOWN_ISSUER = (2, 18, 19, 20, 21)


class NotUnderstood(Exception):
    """An answer in a form that AWS does not send today."""


class Answer:
    """Status, headers by lower-case name, and body. Its repr shows nothing of the body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self) -> str:
        return f"<Answer {self.status}>"


def connect_tls(host: str, deadline: Deadline) -> ssl.SSLSocket:
    """Return a verified TLS connection to port 443.

    Raises OSError, of which TimeoutError and ssl.SSLCertVerificationError are subclasses.
    """
    context = _roots.context()
    try:
        return _wrap(context, host, deadline)
    except ssl.SSLCertVerificationError as error:
        wider = _roots.wider_than(context) if error.verify_code in UNKNOWN_ISSUER else None
        if wider is None:
            raise
    return _wrap(wider, host, deadline)


def _wrap(context: ssl.SSLContext, host: str, deadline: Deadline) -> ssl.SSLSocket:
    plain = connect(host, PORT, deadline)
    try:
        plain.settimeout(deadline.left_or_raise(CONNECT_SECONDS))
        return context.wrap_socket(plain, server_hostname=host.encode())
    except BaseException:
        plain.close()
        raise


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address that accepts.

    The host is given as bytes: as text it would load the codec for international names.
    """
    failed: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host.encode(), port, type=socket.SOCK_STREAM
    ):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(deadline.left_or_raise(CONNECT_SECONDS))
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    raise failed or OSError(f"{host} has no address")


def exchange(
    connection: socket.socket, line: str, headers: dict[str, str], body: bytes, deadline: Deadline
) -> Answer:
    """Send one request and return its answer."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.settimeout(deadline.left_or_raise(ANSWER_SECONDS))
    connection.sendall(
        f"{line}\r\n{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode(
            "latin-1"
        )
        + body
    )
    received = _read_until(connection, b"\r\n\r\n", b"", deadline)
    start, _, rest = received.partition(b"\r\n\r\n")
    status, answer_headers = _parse_head(start)
    length = _length(answer_headers)
    while len(rest) < length:
        rest += _receive(connection, deadline)
    return Answer(status, answer_headers, rest[:length])


def _read_until(
    connection: socket.socket, mark: bytes, received: bytes, deadline: Deadline
) -> bytes:
    while mark not in received:
        received += _receive(connection, deadline)
        if len(received) > LARGEST:
            raise NotUnderstood("an answer without an end of its head")
    return received


def _receive(connection: socket.socket, deadline: Deadline) -> bytes:
    connection.settimeout(deadline.left_or_raise(ANSWER_SECONDS))
    more = connection.recv(65_536)
    if not more:
        raise ConnectionResetError("the connection ended before the answer did")
    return more


def _parse_head(start: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = start.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdecimal():
        raise NotUnderstood("an answer that is not HTTP/1")
    pairs = (line.partition(":") for line in lines)
    return int(words[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _length(headers: dict[str, str]) -> int:
    text = headers.get("content-length", "")
    if (
        "transfer-encoding" in headers
        or not (text.isascii() and text.isdecimal())
        or int(text) > LARGEST
    ):
        raise NotUnderstood("an answer without a usable Content-Length")
    return int(text)
