"""Slow, broken and foreign servers: retried in the time left, with texts the panel knows."""

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core import _https, _reading, _roots
from core import secrets as loader
from core._deadline import Deadline
from secrets_ui.domain.access.error_reading import read_error
from testkit import tls
from tests.deploy.loader.conftest import API_KEYS, Stored, redirect
from tests.deploy.loader.front import Front, Handler, refusing, telling

# What the panel looks at when no connection came about.
NETWORK = ("function_reaches_secrets_manager", "secret_exists", "function_runs_as_role")


class Context:
    """Lambda's context object, as far as the loader asks it."""

    def __init__(self, milliseconds: int) -> None:
        self._end = time.monotonic() + milliseconds / 1000

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._end - time.monotonic()) * 1000))


def hanging_up(handler: Handler, asked: dict[str, Any]) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def half_an_answer(handler: Handler, asked: dict[str, Any]) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
    hanging_up(handler, asked)


def chunked(handler: Handler, asked: dict[str, Any]) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for part in (b'{"SecretString": "{', b'\\"A\\": 1}" }', b""):
        handler.wfile.write(b"%X;a=b\r\n%s\r\n" % (len(part), part))


def silent(handler: Handler, asked: dict[str, Any]) -> None:
    time.sleep(10)  # longer than any test waits, on a busy machine too
    hanging_up(handler, asked)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_reading, "PAUSE", 0.001)


@pytest.mark.parametrize(
    "failure",
    [
        refusing("InternalServiceError", "An error occurred on the server side.", 500),
        refusing("ThrottlingException", "Rate exceeded"),
        refusing("TooManyRequestsException", "Slow down", 429),
        telling(b"<html>Bad gateway</html>", 502),
        hanging_up,
        half_an_answer,
    ],
    ids=["500", "throttled", "429", "502", "hung up", "half"],
)
def test_what_may_pass_is_tried_again(front: Front, stored: Stored, failure: Any) -> None:
    front.answer(stored.api_keys, failure, failure)
    stored.load()
    assert os.environ["GITHUB_TOKEN"] == API_KEYS["GITHUB_TOKEN"]
    assert sum(secret == stored.api_keys for _, secret in front.calls) == 3


@pytest.mark.parametrize(
    ("failure", "kind", "code"),
    [
        (refusing("ThrottlingException", "Rate exceeded"), loader.Throttled, "ThrottlingException"),
        (
            refusing("InternalServiceError", "Oops", 500),
            loader.SecretsError,
            "InternalServiceError",
        ),
        (telling(b"<html>Bad gateway</html>", 502), loader.SecretsError, "HTTP 502"),
        (hanging_up, loader.Unreachable, "ConnectionClosedError"),
    ],
)
def test_what_does_not_pass_is_told_after_three_attempts(
    front: Front, stored: Stored, failure: Any, kind: type[loader.SecretsError], code: str
) -> None:
    front.answer(stored.config, failure, failure, failure)
    with pytest.raises(kind) as caught:
        stored.load()
    assert (type(caught.value), caught.value.code, caught.value.secret) == (
        kind,
        code,
        stored.config,
    )
    assert sum(secret == stored.config for _, secret in front.calls) == 3
    assert "GITHUB_TOKEN" not in os.environ


@pytest.mark.parametrize(
    "answer",
    [
        telling(b"{", 200),
        telling(b"[1]", 200),
        telling(b"<html>Sign in to this network</html>", 200),
    ],
    ids=["half JSON", "a list", "HTML"],
)
def test_an_answer_that_aws_would_not_give_is_an_error_and_not_tried_again(
    front: Front, stored: Stored, answer: Any
) -> None:
    front.answer(stored.config, answer)
    with pytest.raises(loader.SecretsError, match=f"^{stored.config}: "):
        loader.get_secret(stored.config)
    assert len(front.calls) == 1


def test_an_answer_in_chunks_is_read(front: Front, stored: Stored) -> None:
    front.answer(stored.config, chunked)
    assert loader.get_secret(stored.config) == {"A": 1}
    assert len(front.calls) == 1


def test_a_silent_server_is_a_time_out_within_the_time_that_was_given(
    front: Front, stored: Stored
) -> None:
    front.answer(stored.config, silent, silent, silent)
    started = time.monotonic()
    with pytest.raises(
        loader.TimedOut, match="ReadTimeoutError: Read timeout on endpoint URL"
    ) as caught:
        loader.get_secret(stored.config, timeout=0.7)
    assert time.monotonic() - started < 8
    assert "This says nothing of the rights" in " ".join(read_error(str(caught.value)).notes)


def test_it_ends_before_the_function_does(front: Front, stored: Stored) -> None:
    front.answer(stored.config, silent, silent, silent)
    context = Context(1500)
    with pytest.raises(loader.TimedOut):
        loader.get_secret(stored.config, context=context)
    assert context.get_remaining_time_in_millis() > 0


def test_without_time_nothing_is_called(front: Front, stored: Stored) -> None:
    with pytest.raises(loader.TimedOut):
        loader.get_secret(stored.config, context=Context(400))
    assert front.calls == []


def test_no_pause_is_begun_that_would_outlast_the_time(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_reading, "PAUSE", 1e9)
    monkeypatch.setattr(_reading, "LONGEST_PAUSE", 1e9)
    front.answer(stored.config, refusing("ThrottlingException"))
    with pytest.raises(loader.Throttled):
        loader.get_secret(stored.config, timeout=5)
    assert len(front.calls) == 1


def test_pauses_are_drawn_at_random_below_a_limit_that_grows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(_reading, "PAUSE", 0.1)
    monkeypatch.setattr(_reading.time, "sleep", slept.append)
    for attempt, limit in ((1, 0.2), (2, 0.4), (9, 1.0)):
        slept.clear()
        assert all(_reading._pause(attempt, Deadline(60)) for _ in range(200))
        assert len(set(slept)) > 190
        assert 0.8 * limit < max(slept) <= limit
        assert min(slept) < 0.2 * limit


# Where nothing listens, or somebody else does.


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_nobody_listening_is_told_with_the_panel_s_sentence(
    in_lambda: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as server:
        port = server.getsockname()[1]
    redirect(monkeypatch, port)
    with pytest.raises(loader.Unreachable) as caught:
        loader.get_secret("miyabi/prod/config")
    assert (
        'EndpointConnectionError: Could not connect to the endpoint URL: "https://secretsmanager.us-west-2'
        in str(caught.value)
    )
    reading = read_error(str(caught.value))
    assert reading.checks == NETWORK
    assert reading.region == "us-west-2"


def test_a_host_that_has_no_address_is_told(
    in_lambda: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(loader.Unreachable, match="Name or service not known"):
        loader.get_secret("miyabi/prod/config")


@pytest.mark.slow
def test_a_server_that_takes_the_connection_and_says_nothing_is_a_time_out(
    in_lambda: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as server:
        redirect(monkeypatch, server.getsockname()[1])
        started = time.monotonic()
        with pytest.raises(
            loader.TimedOut, match="ConnectTimeoutError: Connect timeout on endpoint URL"
        ) as caught:
            loader.load_secrets_to_env("miyabi", "prod", timeout=0.7)
        assert time.monotonic() - started < 8
    assert read_error(str(caught.value)).checks == NETWORK


@pytest.mark.slow
def test_by_boto3_too_it_ends_in_time(in_lambda: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(loader.TimedOut, match="ReadTimeoutError"):
            loader.load_secrets_to_env("miyabi", "prod", timeout=3)
        assert time.monotonic() - started < 8


def no_tls(server: socket.socket) -> None:
    """Takes a connection, and answers as a server of plain HTTP does."""
    connection, _ = server.accept()
    with connection:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def hangs_up(server: socket.socket) -> None:
    server.accept()[0].close()


def closed(server: socket.socket) -> None:
    server.close()


def silent_for_ever(server: socket.socket) -> None:
    """The connection waits in the backlog."""


@pytest.mark.parametrize("first", [closed, hangs_up, no_tls, silent_for_ever])
def test_the_next_address_is_tried_when_one_does_not_speak_tls(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch, first: Any
) -> None:
    found = socket.getaddrinfo

    def getaddrinfo(*asked: Any, **named: Any) -> Any:
        good, *more = found(*asked, **named)
        is_ours = asked[0] == tls.HOST.encode()
        return [(*good[:4], address), good] if is_ours else [good, *more]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    # So that a silent address would use up all of the time, but for its share of it.
    monkeypatch.setattr(_https, "CONNECT_SECONDS", 60.0)
    with listening() as server:
        address = server.getsockname()
        thread = threading.Thread(target=first, args=[server])
        thread.start()
        assert loader.get_secret(stored.api_keys, timeout=6) == API_KEYS
        thread.join()


# Certificates: never weaker than the system's check.


def test_a_certificate_that_no_root_vouches_for_is_refused_and_nothing_is_sent(
    front: Front, stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tls.make_certificates(tmp_path)
    monkeypatch.setattr(_roots, "ROOTS", str(other.authority))
    with pytest.raises(loader.Unreachable, match="its certificate was not accepted: "):
        loader.get_secret(stored.config)
    assert front.calls == []
    assert front.connections == 2  # by the few roots, by the system's, and not again


def test_a_certificate_for_another_host_is_refused(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, *a, **k: found(b"127.0.0.1", front.port, *a, **k)
    )
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    with pytest.raises(
        loader.Unreachable, match=r"certificate was not accepted: .*ostname mismatch"
    ):
        loader.get_secret(stored.config)
    assert front.calls == []


def test_where_the_few_roots_do_not_lead_to_the_server_the_system_s_are_asked(
    front: Front,
    stored: Stored,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    certificates: tls.Certificates,
) -> None:
    """AWS may change its certificate authority: that costs a handshake, once, and no outage."""
    other = tls.make_certificates(tmp_path)
    monkeypatch.setattr(_roots, "ROOTS", str(other.authority))
    made = ssl.create_default_context

    def create_default_context(*, cafile: str | None = None) -> ssl.SSLContext:
        # The system of this test trusts this one.
        return made(cafile=cafile or str(certificates.authority))

    monkeypatch.setattr(ssl, "create_default_context", create_default_context)
    stored.load()
    loader.get_secret(stored.api_keys, refresh=True)
    # One or both of the first two were made again; the third was not.
    assert 3 < front.connections <= 5


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_roots_that_somebody_chose_count_alone(
    front: Front, stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    other = tls.make_certificates(tmp_path)
    monkeypatch.setenv(name, str(other.authority if name.endswith("FILE") else tmp_path / "none"))
    with pytest.raises(loader.Unreachable, match="its certificate was not accepted"):
        loader.get_secret(stored.config)
    assert front.connections == 1


def test_without_the_file_of_the_few_the_system_s_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_roots, "ROOTS", str(tmp_path / "none.pem"))
    context = _roots.context()
    assert len(context.get_ca_certs()) == len(ssl.create_default_context().get_ca_certs())
    assert _roots.wider_than(context) is None


def test_the_check_is_python_s_own_default(front: Front) -> None:
    ours, default = _roots.context(), ssl.create_default_context()
    for name in ("verify_mode", "check_hostname", "verify_flags", "minimum_version", "options"):
        assert getattr(ours, name) == getattr(default, name)


# Threads.


def test_many_threads_read_once_and_get_the_same(front: Front, stored: Stored) -> None:
    ready = threading.Barrier(12)
    found: list[Any] = []

    def read() -> None:
        ready.wait()
        found.append(loader.get_secret(stored.api_keys, "GITHUB_TOKEN"))

    threads = [threading.Thread(target=read) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["t-github"] * 12
    assert len(front.calls) == 1


def test_threads_that_load_refresh_and_read_at_once_see_whole_versions(
    front: Front, stored: Stored
) -> None:
    stored.put(stored.api_keys, {"A": "0", "B": "0"})
    stored.load()
    mixed: list[Any] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            keys = loader.get_secret(stored.api_keys)
            if keys["A"] != keys["B"]:
                mixed.append(dict(keys))

    def refresh() -> None:
        for _ in range(4):
            stored.load(refresh=True)

    watchers = [threading.Thread(target=watch) for _ in range(2)]
    loaders = [threading.Thread(target=refresh) for _ in range(3)]
    for thread in watchers + loaders:
        thread.start()
    for number in range(1, 6):
        stored.put(stored.api_keys, {"A": str(number), "B": str(number)})
    for thread in loaders:
        thread.join()
    done.set()
    for thread in watchers:
        thread.join()
    stored.load(refresh=True)
    assert mixed == []
    assert os.environ["A"] == os.environ["B"] == "5"


def test_a_thread_that_waits_for_another_s_read_does_not_wait_for_ever(
    front: Front, stored: Stored
) -> None:
    front.answer(stored.config, silent, silent, silent)

    def wait() -> None:
        with pytest.raises(loader.TimedOut):
            loader.get_secret(stored.config, timeout=5)

    first = threading.Thread(target=wait)
    first.start()
    while not front.calls:
        time.sleep(0.01)
    with pytest.raises(loader.TimedOut, match="Another thread was still reading"):
        loader.get_secret(stored.api_keys, timeout=0.2)
    first.join()


# The parser of answers, by itself.


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/2 200\r\n\r\n",
        b"hello\r\n\r\n",
        b"HTTP/1.1 abc\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"x" * (_https.LARGEST_HEAD + 70_000),
        *(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + rest
            for rest in (
                b"gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
                b"chunked\r\n\r\n\r\nx\r\n",
                b"chunked\r\n\r\n-1\r\nx\r\n",
                b"chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n",
                b"chunked\r\n\r\nfffffff\r\nx\r\n",
                b"chunked\r\n\r\n" + b"1;" + b"x" * (_https.LARGEST_HEAD + 70_000),
            )
        ),
    ],
)
def test_what_is_no_answer_of_aws_is_not_understood(raw: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = threading.Thread(
            target=lambda: (theirs.sendall(raw), theirs.shutdown(socket.SHUT_WR))
        )
        sender.start()
        with pytest.raises(_https.NotUnderstood):
            _https.exchange(ours, "GET / HTTP/1.1", {}, b"", Deadline(20))
        ours.close()
        sender.join(0.1)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nX-Amzn-RequestId: r-1\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX-Amzn-RequestId: r-1\r\nTransfer-Encoding: Chunked\r\n\r\n"
        b"1\r\n{\r\n01\r\n}\r\n0\r\n",
    ],
    ids=["whole", "in chunks"],
)
def test_an_answer_may_come_byte_by_byte(raw: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:

        def send() -> None:
            for byte in raw:
                theirs.sendall(bytes([byte]))

        sender = threading.Thread(target=send)
        sender.start()
        answer = _https.exchange(ours, "GET / HTTP/1.1", {}, b"", Deadline(20))
        sender.join()
    assert (answer.status, answer.body, answer.headers["x-amzn-requestid"]) == (200, b"{}", "r-1")
