"""gunicorn as it is deployed, under clients that never end and an AWS that never answers.

One server with one worker for all of it.
"""

import fcntl
import json
import socket
import struct
import termios
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from threading import Event

import pytest

from deploy.demo.local_aws import HOST
from miyabi_admin.lanes import LANES, LONGEST_QUEUE, PATIENCE
from miyabi_admin.worker import TOOK_NO_ANSWER
from testkit.copying_aws import CopyingAws
from testkit.served import Person, Served, served

pytestmark = [pytest.mark.processes, pytest.mark.slow]
MORE_THAN_THREADS = 2 * sum(LANES.values()) + 10
AT_ONCE = LANES["aws"] + LONGEST_QUEUE  # pages that need AWS, under way or waiting
FORM = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nusername="
)


@pytest.fixture(scope="module")
def console(local_aws: CopyingAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(local_aws, tmp_path_factory.mktemp("lanes")) as console, console.running():
        yield console


def connect(console: Served) -> socket.socket:
    return socket.create_connection((HOST, console.port), timeout=60)


def ensure_all_is_answered(console: Served) -> None:
    person = Person(console.port)
    for path in ("/livez", "/readyz", "/sign-in"):
        assert person.get(path).status == 200


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET /livez HTTP/1.1\r\nHost: 127", FORM, b"GET /livez HTTP/1.0\r\n\r\n"],
    ids=["nothing", "half a head", "half a body", "an answer that nobody reads to its end"],
)
def test_unfinished_clients_take_no_thread(console: Served, begun: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(MORE_THAN_THREADS):
            stack.enter_context(connect(console)).sendall(begun)
        ensure_all_is_answered(console)


def test_a_request_that_does_not_end_is_ended_and_so_is_a_client_that_reads_no_answer(
    console: Served,
) -> None:
    with ExitStack() as stack:
        greedy = [stack.enter_context(connect(console)) for _ in range(2 * LANES["pages"])]
        for client in greedy:
            ask_and_never_read(client)
        for client in greedy:
            wait_until_full(client)
        slow, silent = (stack.enter_context(connect(console)) for _ in range(2))
        slow.sendall(FORM)
        assert Person(console.port).get("/status").status == 302
        assert slow.recv(4096).startswith(b"HTTP/1.1 408 ")
        assert silent.recv(4096) == b""
    # No thread has waited for one of them.
    assert TOOK_NO_ANSWER not in console.log.read_text(encoding="utf-8")


def ask_and_never_read(client: socket.socket) -> None:
    """For megabytes of answers, which take room at the client, then at the server."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    client.send(b"GET /static/secrets_ui/console.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 800)


def wait_until_full(client: socket.socket) -> None:
    """Until nothing more comes, since neither side has room for it."""
    before = -1
    while (now := readable(client)) > before:
        before = now
        Event().wait(0.5)


def readable(client: socket.socket) -> int:
    return int(struct.unpack("i", fcntl.ioctl(client, termios.FIONREAD, bytes(4)))[0])


def test_one_that_comes_in_pieces_is_answered_and_so_is_what_follows_at_once(
    console: Served,
) -> None:
    head = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    with connect(console) as client, client.makefile("rb") as answers:
        for piece in (head, b"Content-Length: 3\r\nExpect: 100-continue\r\n", b"\r\n"):
            client.sendall(piece)
        assert answers.readline() == b"HTTP/1.1 100 Continue\r\n"
        # The body, a second request, and a third after which the client wants no more.
        last = b"HEAD /livez HTTP/1.1\r\nConnection: close\r\n\r\n"
        client.sendall(b"abc" + head + b"\r\n" + last)
        lines = answers.read().splitlines()
    assert lines.count(b"HTTP/1.1 200 OK") == 3
    assert lines.count(b"ok") == 2


def test_a_length_that_is_not_believed_makes_no_second_request(console: Served) -> None:
    """A body too long is not waited for; what the client goes on to send is never a request."""
    with connect(console) as client:
        client.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999999\r\n\r\n"
            b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        )
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_while_sts_hangs_other_pages_are_answered_and_those_that_wait_are_told(
    console: Served,
) -> None:
    console.aws.begin_anew()
    viewer = console.person("viewer")
    console.aws.drop_call("AssumeRole", seconds=300)
    tabs = [Person(console.port, viewer.cookies()) for _ in range(AT_ONCE + 4)]
    with ThreadPoolExecutor(len(tabs)) as pool:
        pages = [pool.submit(tab.get, "/prod/", Accept="text/html") for tab in tabs]
        first = next(as_completed(pages)).result()
        ensure_all_is_answered(console)
        assert viewer.get("/status").status == 200
        assert console.person("auditor").get("/audit").status == 200
        script = viewer.get("/dev/", Accept="application/json")
        console.aws.begin_anew()
        answers = [page.result() for page in pages]
    told = [answer for answer in answers if b"Too many requests wait" in answer.body]
    assert len(told) >= 4
    assert first in told
    for answer in (*told, script):
        assert (answer.status, answer.headers["Retry-After"]) == (503, str(PATIENCE))
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert json.loads(script.body)["problem"]["error"] == "NoThreadFree"
