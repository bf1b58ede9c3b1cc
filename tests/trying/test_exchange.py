"""TLS is verified for the name that was asked, and a proxy is one that was set."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_connection, socket

import pytest

from deploy.demo.serving import HOST, Answers, in_thread, serving
from secrets_ui.trying.addresses import Server
from secrets_ui.trying.exchange import Ask, NoReply, Reply, Route, exchange
from testkit.tls import Certificates, make_certificates

ASK = Ask("GET", "/user", {"Authorization": "Bearer x"})


class _Host(Answers, BaseHTTPRequestHandler):
    """Says under which name it was asked."""

    def do_GET(self) -> None:
        self.json(200, {"host": self.headers["Host"]})


class _Proxy(Answers, BaseHTTPRequestHandler):
    """Leads every name to one port of this machine."""

    port = 0
    asked: list[str] = []

    def do_CONNECT(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        with create_connection((HOST, self.port)) as far:
            back = threading.Thread(target=_pump, args=(far, self.connection))
            back.start()
            _pump(self.connection, far)
            back.join()
        self.close_connection = True


def _pump(source: socket, sink: socket) -> None:
    try:
        while piece := source.recv(65_536):
            sink.sendall(piece)
        sink.shutdown(1)
    except OSError:
        return


@contextmanager
def tls(certificates: Certificates) -> Iterator[int]:
    """A server with the certificates; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.chain, certificates.key)
    server = ThreadingHTTPServer((HOST, 0), _Host)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with in_thread(server):
        yield server.server_port


def test_s113_a_server_is_asked_by_its_name_and_verified_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its authority has to be known, its certificate for this name; the environment names no
    proxy."""
    certificates, route = make_certificates(tmp_path, "localhost"), Route(is_local=True)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with tls(certificates) as port:
        with pytest.raises(NoReply, match="certificate could not be verified"):
            exchange(Server("localhost", port), ASK, route)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
        reply = exchange(Server("localhost", port), ASK, route)
        assert (reply.status, reply.body) == (200, f'{{"host": "localhost:{port}"}}'.encode())
        with pytest.raises(NoReply, match="certificate could not be verified"):
            exchange(Server("127.0.0.1", port), ASK, route)


def test_s113_a_proxy_that_is_set_leads_there_and_tls_is_verified_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = make_certificates(tmp_path, "api.github.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    with tls(certificates) as port:
        handler = type("Proxy", (_Proxy,), {"port": port, "asked": []})
        with serving(handler) as proxy:
            reply: Reply = exchange(Server("api.github.com", 443), ASK, Route(proxy))
            with pytest.raises(NoReply, match="certificate could not be verified"):
                exchange(Server("evil.example", 443), ASK, Route(proxy))
    assert reply.body == b'{"host": "api.github.com"}'
    assert handler.asked == ["api.github.com:443", "evil.example:443"]


def test_the_next_address_is_asked_where_one_takes_no_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(_Host) as address:
        server = Server("localhost", int(address.rpartition(":")[2]), is_tls=False)
        monkeypatch.setattr(
            "secrets_ui.trying.exchange.resolve", lambda *_, **__: ["127.0.0.2", "127.0.0.1"]
        )
        assert exchange(server, ASK, Route(is_local=True)).status == 200
