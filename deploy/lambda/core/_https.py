"""One HTTP exchange on one connection, as much of HTTP as Secrets Manager needs.

http.client is not used: it loads the email package, which takes longer.
"""

from __future__ import annotations

import socket
import ssl

from . import _roots
from ._deadline import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Connection = TypeVar("Connection", bound=socket.socket)

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 5.0
LEAST_SECONDS = 0.5  # for an address, where several share little time
LARGEST_HEAD = 1 << 16
# Bytes of an answer: 20 secrets of 65,536 bytes each, which JSON may spell in six times as many.
LARGEST = 1 << 23
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
        return _first_to_answer(host, PORT, deadline, _securing(context, host))
    except ssl.SSLCertVerificationError as error:
        wider = _roots.wider_than(context) if error.verify_code in UNKNOWN_ISSUER else None
        if wider is None:
            raise
    return _first_to_answer(host, PORT, deadline, _securing(wider, host))


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a connection without TLS. Raises OSError."""
    return _first_to_answer(host, port, deadline, lambda plain: plain)


def _securing(context: ssl.SSLContext, host: str) -> Callable[[socket.socket], ssl.SSLSocket]:
    return lambda plain: context.wrap_socket(plain, server_hostname=host.encode())


def _first_to_answer(
    host: str, port: int, deadline: Deadline, secure: Callable[[socket.socket], Connection]
) -> Connection:
    """Connect to the first address that also answers `secure`.

    Each address has its share of the time that is left, so that a silent one leaves some for the
    next. A certificate that is not accepted ends it: another address is no reason to accept it.
    """
    failed: OSError | None = None
    # As text the host would load the codec for international names.
    addresses = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM)
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        left = deadline.left()
        turn = Deadline(min(left, max(LEAST_SECONDS, left / (len(addresses) - number))))
        plain = socket.socket(family, kind, protocol)
        try:
            plain.settimeout(turn.left_or_raise(CONNECT_SECONDS))
            plain.connect(address)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(turn.left_or_raise(CONNECT_SECONDS))
            return secure(plain)
        except BaseException as error:
            plain.close()
            if not isinstance(error, OSError) or isinstance(error, ssl.SSLCertVerificationError):
                raise
            failed = error
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
    if answer_headers.get("transfer-encoding", "").lower() == "chunked":
        return Answer(status, answer_headers, _read_chunks(connection, rest, deadline))
    length = _length(answer_headers)
    return Answer(
        status, answer_headers, _read_at_least(connection, length, rest, deadline)[:length]
    )


def _read_chunks(connection: socket.socket, rest: bytes, deadline: Deadline) -> bytes:
    """Read a chunked body. What follows its end is not read: the connection ends with it.

    https://www.rfc-editor.org/rfc/rfc9112#section-7.1
    """
    body = b""
    while True:
        line, _, rest = _read_until(connection, b"\r\n", rest, deadline).partition(b"\r\n")
        size = _chunk_size(line)
        if not size:
            return body
        rest = _read_at_least(connection, size + 2, rest, deadline)
        if rest[size : size + 2] != b"\r\n" or len(body) + size > LARGEST:
            raise NotUnderstood("an answer in chunks that do not end as they should")
        body, rest = body + rest[:size], rest[size + 2 :]


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 8 or digits.strip(b"0123456789abcdefABCDEF"):
        raise NotUnderstood("an answer in chunks without a size")
    if (size := int(digits, 16)) > LARGEST:
        raise NotUnderstood("an answer in chunks that are too large")
    return size


def _read_until(
    connection: socket.socket, mark: bytes, received: bytes, deadline: Deadline
) -> bytes:
    while mark not in received:
        if len(received) > LARGEST_HEAD:
            raise NotUnderstood("an answer without an end of its head")
        received += _receive(connection, deadline)
    return received


def _read_at_least(
    connection: socket.socket, length: int, received: bytes, deadline: Deadline
) -> bytes:
    while len(received) < length:
        received += _receive(connection, deadline)
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
