"""sslmode=verify-full, as deploy/terraform sets it: the console checks who answers as its database.

https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db.utils import ConnectionHandler
from psycopg import OperationalError

from miyabi_admin import databases
from miyabi_admin.environ import Settings
from testkit import postgres
from testkit.tls import make_certificates

pytestmark = pytest.mark.postgres


@dataclass(frozen=True)
class TlsServer:
    port: int
    authority: Path

    def connect(self, host: str, authority: Path) -> Any:
        """As the settings would. Raises OperationalError."""
        url = f"postgres://{postgres.PostgresServer.user}@{host}:{self.port}/postgres"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATABASE_URL", f"{url}?sslmode=verify-full&sslrootcert={authority}")
            database = Settings(Path("no.env")).database("")
        database["OPTIONS"] = databases.options(database, is_command=False)
        wrapper = ConnectionHandler({"default": database})["default"]
        return wrapper.get_new_connection(wrapper.get_connection_params())


@pytest.fixture(scope="module")
def server() -> Iterator[TlsServer]:
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with postgres.running(programs, tls_port=port) as running:
        yield TlsServer(port, running.folder / "authority.pem")


def test_a_server_of_that_authority_and_name_is_spoken_to_by_tls(server: TlsServer) -> None:
    connection = server.connect("localhost", server.authority)
    assert connection.pgconn.ssl_in_use
    connection.close()


def test_another_name_is_refused(server: TlsServer) -> None:
    with pytest.raises(OperationalError, match="does not match host name"):
        server.connect("127.0.0.1", server.authority)


def test_another_authority_is_refused(server: TlsServer, tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="certificate verify failed"):
        server.connect("localhost", make_certificates(tmp_path, "localhost").authority)
