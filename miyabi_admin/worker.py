"""gunicorn's worker with threads; here a request gets a thread once all of it has arrived.

gunicorn's own gives a thread to every connection, however slowly its request comes or its answer
is taken: as many slow clients as threads, and nobody else is answered. Plain HTTP/1.1 alone, behind
a proxy that ends TLS. docs/decisions/0021-lanes.md says why this is not another server.
"""

import errno
import fcntl
import selectors
import socket
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.utils.module_loading import import_string
from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

from .arrival import Arrival
from .lanes import LANES, Full, Lane

REQUEST_SECONDS = 20  # for a whole request, head and body
ANSWER_SECONDS = 20  # for a client to take a page, or a piece of a longer answer
ANSWER_BYTES = (
    512 * 1024
)  # for the system to keep, so that a page is sent at once; it may give less
LINGER_SECONDS = 2  # for a client to read the last answer before its connection is closed
MOST_HELD = 32 * 1024 * 1024  # bytes of unfinished requests
TOOK_NO_ANSWER = "A client did not take its answer in time."
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Everything but `handle` and what it calls runs in the worker's main thread."""

    def init_process(self) -> None:
        self._lanes = {name: Lane[TConn](threads) for name, threads in LANES.items()}
        # Its requests are over at once, so nobody is turned away.
        self._health = self._lanes["health"] = Lane(LANES["health"], self.worker_connections)
        # In the order of their deadlines.
        self._arriving: dict[TConn, Arrival] = {}
        self._leaving: dict[TConn, float] = {}
        self._thread = threading.local()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self._lane_of: Callable[[str], str] = import_string(settings.LANE_OF)
        self._console: Any = self.app.wsgi()
        self.wsgi = self._ask_console

    def _ask_console(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ[settings.REFUSED] = self._thread.is_refusing
        return self._console(environ, start_response)

    # A connection: it comes, its request arrives, it is answered, it lingers.

    def accept(self, listener: socket.socket) -> None:
        if self.nr_conns >= self.worker_connections - 1:
            self._make_room()
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            self.log.warning("No file is free for another connection.")
            self._make_room()

    def enqueue_req(self, conn: TConn) -> None:
        """Called for a new connection, and for one on which the next request begins."""
        begun = b""
        if conn.parser:
            begun = conn.parser.unreader.take_buffered()
        else:
            # Some systems refuse it to a client that has gone.
            with suppress(OSError):
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ANSWER_BYTES)
        conn.arrival = Arrival(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, begun)
        conn.timeout = time.monotonic() + REQUEST_SECONDS
        conn.sock.setblocking(False)
        self._arriving[conn] = conn.arrival
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, conn))
        # A client that speaks at once need not wait for the next round.
        self._receive(conn, conn.sock)
        self._enter_if_whole(conn)

    def _receive(self, conn: TConn, sock: socket.socket) -> None:
        # It may have been dropped for another one since the poller was asked.
        data = _read(sock) if conn in self._arriving else None
        if data is None:
            return
        conn.arrival.add(data)
        if not data:
            self._drop(conn)
            return
        self._enter_if_whole(conn)
        if conn.arrival.asks_leave and conn in self._arriving:
            conn.arrival.asks_leave = False
            _send(sock, b"HTTP/1.1 100 Continue\r\n\r\n")
        while sum(map(len, self._arriving.values())) > MOST_HELD:
            self._make_room()

    def _enter_if_whole(self, conn: TConn) -> None:
        """A client that has not taken its last answer yet waits for the next one without a thread:
        there may be no room for it."""
        if conn in self._arriving and conn.arrival.is_whole and not _unsent(conn.sock):
            self._forget(conn)
            self._enter_lane(conn)

    def _enter_lane(self, conn: TConn) -> None:
        conn.is_refused = False
        conn.lane = self._lanes[self._lane_of(unquote(conn.arrival.path))]
        try:
            self._begin(conn.lane.enter(conn, time.monotonic()))
        except Full:
            self._refuse(conn)

    def _refuse(self, conn: TConn) -> None:
        """Have it told to come back."""
        conn.is_refused, conn.lane = True, self._health
        self._begin(conn.lane.enter(conn, time.monotonic()))

    def _begin(self, conns: Iterable[TConn]) -> None:
        for conn in conns:
            # The parser has no way to the socket, so it can wait for nobody.
            conn.parser = get_parser(self.cfg, conn.arrival, conn.client)
            conn.initialized = conn.data_ready = True
            super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        # socket.sendall takes it for all of what is given to it, not for each packet.
        conn.sock.settimeout(ANSWER_SECONDS)
        self._thread.is_refusing = conn.is_refused
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            self.log.info(TOOK_NO_ANSWER)
            return False

    def _keepalive_after(self, conn: TConn, keepalive: Any) -> bool:
        return bool(super()._keepalive_after(conn, keepalive)) and not conn.arrival.ran_dry

    def finish_request(self, conn: TConn, fs: Any) -> None:
        self._begin(conn.lane.leave())
        if not fs.cancelled() and not fs.exception() and fs.result():
            super().finish_request(conn, fs)
        else:
            self._linger(conn)

    def _linger(self, conn: TConn) -> None:
        """Close what is sent, and wait for the client to read it (RFC 9112, section 9.6)."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        self._leaving[conn] = time.monotonic() + LINGER_SECONDS
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._discard, conn))

    def _discard(self, conn: TConn, sock: socket.socket) -> None:
        if conn in self._leaving and _read(sock) == b"":
            self._drop(conn)

    # What has lasted too long. Called once a second, and after each event.

    def murder_pending(self) -> None:
        now = time.monotonic()
        for conn in list(self._arriving):
            self._enter_if_whole(conn)
        for conn in [conn for conn in self._arriving if self._is_late(conn, now)]:
            if conn.arrival:
                _send(conn.sock, TOO_SLOW)
            self._drop(conn)
        for conn in [conn for conn, until in self._leaving.items() if until <= now]:
            self._drop(conn)
        for lane in self._lanes.values():
            for conn in lane.give_up(now):
                self._refuse(conn)

    def _is_late(self, conn: TConn, now: float) -> bool:
        # A worker that stops waits for what has begun alone.
        return bool(conn.timeout <= now or not (self.alive or conn.arrival))

    def _make_room(self) -> None:
        """Drop the connection that matters least: a browser opens another one by itself."""
        oldest = next(iter((*self._leaving, *self._arriving)), None)
        if oldest is not None:
            self._drop(oldest)
        elif self.keepalived_conns:
            # Closed after this round of events, one of which may be its own.
            self.keepalived_conns[0].timeout = 0

    def _drop(self, conn: TConn) -> None:
        self._forget(conn)
        self._close(conn)

    def _forget(self, conn: TConn) -> None:
        self._arriving.pop(conn, None)
        self._leaving.pop(conn, None)
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


def _read(sock: socket.socket) -> bytes | None:
    """What has come; None when nothing has, b"" when the client has gone."""
    try:
        return sock.recv(64 * 1024)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _unsent(sock: socket.socket) -> int:
    """Bytes that the other side has not taken yet (Linux: ioctl SIOCOUTQ, tcp(7)); 0 where nobody
    can tell."""
    with suppress(OSError):
        return int(struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0])
    return 0


def _send(sock: socket.socket, data: bytes) -> None:
    """To a client that may be gone, or not listen."""
    with suppress(OSError):
        sock.send(data)
