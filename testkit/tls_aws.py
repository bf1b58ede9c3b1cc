"""The fake AWS behind TLS."""

import socket
import ssl
from collections.abc import Mapping
from typing import Any

from testkit.fake_aws import FakeAws
from testkit.tls import Certificates


class TlsAws(FakeAws):
    """Handshakes happen in the connection's own thread."""

    def __init__(self, secrets: Mapping[str, str], certificates: Certificates) -> None:
        super().__init__(secrets)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates.chain, certificates.key)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def get_request(self) -> tuple[socket.socket, Any]:
        plain, address = super().get_request()
        return self._context.wrap_socket(
            plain, server_side=True, do_handshake_on_connect=False
        ), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or does not trust the certificate, is no fault of the server."""
