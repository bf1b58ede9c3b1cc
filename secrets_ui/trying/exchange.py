"""One bounded exchange over TLS: no redirects, no proxy but a set one, five seconds in all."""

import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_match_hostname import CertificateError

from .addresses import NotAskable, Server, resolve

SECONDS = 5
MOST_BYTES = 64 * 1024
USER_AGENT = "miyabi-secrets-console"  # GitHub refuses whoever names none
# A name that nobody resolves holds its thread longer than anybody waits for it.
_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="trying")


class NoReply(Exception):
    """Nothing came back that could be read. The text holds nothing of what was sent."""


@dataclass(frozen=True, repr=False)
class Ask:
    """`target` is a path, and never holds a value; `headers` and `body` may."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None = None


@dataclass(frozen=True, repr=False)
class Reply:
    """`headers` by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Route:
    """How to get there: through `proxy`, "" for straight; `is_local` lets this machine in."""

    proxy: str = ""
    is_local: bool = False


def exchange(server: Server, ask: Ask, route: Route) -> Reply:
    """Raises NoReply."""
    running = _Exchange(server, ask, route)
    future = _THREADS.submit(running.run)
    try:
        outcome: Reply | str = future.result(timeout=SECONDS)
    except TimeoutError:
        running.cut_off()
        future.cancel()
        outcome = f"It did not answer within {SECONDS} seconds."
    # Outside any handler: an error that came before would be its context, with what was sent.
    if isinstance(outcome, str):
        raise NoReply(outcome)
    return outcome


@dataclass(repr=False)
class _Exchange:
    server: Server
    ask: Ask
    route: Route
    connection: HTTPConnection | None = field(default=None, init=False)
    is_over: bool = field(default=False, init=False)

    def run(self) -> Reply | str:
        """The reply, or why there is none. An error's own text may hold what was sent."""
        try:
            return self._run()
        except NotAskable as error:
            return str(error)
        except (ssl.SSLCertVerificationError, CertificateError):
            return "Its certificate could not be verified."
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            return f"It could not be asked ({type(error).__name__})."
        finally:
            if self.connection:
                self.connection.close()

    def _run(self) -> Reply:
        connection = self._connect()
        connection.request(
            self.ask.method,
            f"{self.server.base}{self.ask.target}",
            body=self.ask.body,
            headers=self.ask.headers | {"Host": self._host(), "User-Agent": USER_AGENT},
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        body = response.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise NotAskable("Its answer is too long.")
        headers = {name.lower(): text for name, text in response.headers.items()}
        return Reply(response.status, headers, body)

    def _host(self) -> str:
        is_default = self.server.port == (443 if self.server.is_tls else 80)
        host = f"[{self.server.host}]" if ":" in self.server.host else self.server.host
        return host if is_default else f"{host}:{self.server.port}"

    def _connect(self) -> HTTPConnection:
        """To the first of the name's addresses that takes the connection; the proxy resolves the
        name itself, which is what it is there for."""
        if self.route.proxy:
            return self._through_proxy()
        *others, last = resolve(self.server, is_local=self.route.is_local)
        for address in others:
            with suppress(HTTPError, OSError):
                return self._opened(self._to(address))
        return self._opened(self._to(last))

    def _to(self, address: str) -> HTTPConnection:
        if not self.server.is_tls:
            return HTTPConnection(address, self.server.port, timeout=SECONDS)
        return HTTPSConnection(
            address,
            self.server.port,
            timeout=SECONDS,
            server_hostname=self.server.host,
            assert_hostname=self.server.host,
            cert_reqs=ssl.CERT_REQUIRED,
        )

    def _through_proxy(self) -> HTTPConnection:
        proxy = urlsplit(self.route.proxy)
        connection = HTTPSConnection(
            proxy.hostname or "", proxy.port or 3128, timeout=SECONDS, cert_reqs=ssl.CERT_REQUIRED
        )
        connection.set_tunnel(self.server.host, self.server.port, scheme="http")
        return self._opened(connection)

    def _opened(self, connection: HTTPConnection) -> HTTPConnection:
        if self.connection:
            self.connection.close()  # to an address that did not take it
        self.connection = connection
        connection.connect()
        if self.is_over:
            raise NotAskable("It took the connection too late.")
        return connection

    def cut_off(self) -> None:
        """Ends what still waits, and sends nothing later: a server that sends a byte now and then
        would go on for ever."""
        self.is_over = True
        connected = self.connection.sock if self.connection else None
        if connected is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
