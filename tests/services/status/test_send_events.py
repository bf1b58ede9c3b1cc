"""The outbox: signed, tried again, sent once, and never a redirect followed."""

import hashlib
import hmac
import json
import socket
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core import mail

from deploy.demo.serving import in_thread
from secrets_ui.domain.status.events import Event
from secrets_ui.domain.status.messages import webhook_payload
from secrets_ui.models import StatusDelivery
from secrets_ui.services.status.send_events import send_due, signature

pytestmark = pytest.mark.django_db
EVENT = Event(
    "began",
    "prod",
    "decrypt_is_allowed",
    "",
    "fail",
    "The key policy does not allow it.",
    ("miyabi/prod/config",),
    "2026-11-25T02:14:00+00:00",
    "2026-11-25T02:14:00+00:00",
)


class Receiver:
    """Answers with `status` and remembers what it got."""

    def __init__(self) -> None:
        self.status, self.got = 200, list[tuple[dict[str, str], bytes]]()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                self.send_response(receiver.status)
                if receiver.status == 302:
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    receiver = Receiver()
    settings.STATUS_WEBHOOK_URL, settings.STATUS_WEBHOOK_KEY = f"{receiver.url}/hook", "k" * 40
    with in_thread(receiver.server):
        yield receiver


def put(channel: str = "webhook", **more: Any) -> StatusDelivery:
    now = datetime.now(UTC)
    event_id = str(uuid.uuid4())
    payload = json.dumps(
        webhook_payload(EVENT, event_id, "https://console.miyabi-world.com/status")
    )
    return StatusDelivery.objects.create(
        event=event_id,
        channel=channel,
        **{"payload": payload, "made_at": now, "next_at": now, **more},
    )


def due(delivery: StatusDelivery) -> None:
    StatusDelivery.objects.filter(pk=delivery.pk).update(next_at=datetime.now(UTC))


def test_an_event_is_sent_once_and_signed(receiver: Receiver) -> None:
    delivery = put()
    assert (send_due(), send_due()) == (1, 0)
    [(headers, body)] = receiver.got
    assert headers["X-Miyabi-Event"] == delivery.event == json.loads(body)["event"]["id"]
    at, _, digest = headers["X-Miyabi-Signature"].partition(",v1=")
    expected = hmac.new(
        b"k" * 40, at.removeprefix("t=").encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    assert digest == expected
    assert "New failure in prod" in json.loads(body)["text"]


@pytest.mark.parametrize("status", [500, 302, 404])
def test_what_was_not_taken_is_sent_again_after_a_growing_pause_under_the_same_id(
    receiver: Receiver, status: int
) -> None:
    receiver.status, delivery = status, put()
    pauses = []
    for _ in range(3):
        assert send_due() == 0
        delivery.refresh_from_db()
        pauses.append((delivery.next_at - datetime.now(UTC)).total_seconds())
        assert send_due() == 0  # not before its time
        due(delivery)
    assert [round(pause / 15) for pause in pauses] == [1, 2, 4]
    assert delivery.last_error == f"the webhook answered {status}"
    receiver.status = 200
    assert send_due() == 1
    assert len(receiver.got) == 4  # no redirect was followed
    assert len({headers["X-Miyabi-Event"] for headers, _ in receiver.got}) == 1


def test_a_receiver_that_is_away_costs_a_pause_and_its_address_is_not_kept(
    receiver: Receiver, settings: Any
) -> None:
    settings.STATUS_WEBHOOK_URL = "http://127.0.0.1:9/a-secret-path"
    delivery = put()
    assert send_due() == 0
    delivery.refresh_from_db()
    assert delivery.last_error.startswith("the webhook did not answer")
    assert "a-secret-path" not in delivery.last_error


def test_after_a_day_it_is_given_up(receiver: Receiver) -> None:
    receiver.status = 500
    delivery = put(made_at=datetime.now(UTC) - timedelta(hours=25))
    send_due()
    delivery.refresh_from_db()
    assert delivery.given_up_at is not None
    due(delivery)
    assert send_due() == 0
    assert len(receiver.got) == 1


def test_two_processes_never_send_the_same_at_once(receiver: Receiver) -> None:
    """The second one read the row before the first one claimed it."""
    from secrets_ui.services.status import send_events

    delivery = put()
    stale = StatusDelivery.objects.get(pk=delivery.pk)
    assert send_due() == 1
    assert send_events._send(stale) is False
    assert len(receiver.got) == 1


def test_an_e_mail_says_the_same_and_bears_the_event_s_id(settings: Any) -> None:
    settings.STATUS_EMAIL_TO, settings.STATUS_EMAIL_FROM = (
        ["oncall@miyabi-world.com"],
        "console@miyabi-world.com",
    )
    delivery = put("email")
    assert send_due() == 1
    [message] = mail.outbox
    assert message.subject == "[miyabi] New failure in prod: decrypt is allowed"
    assert "The key policy does not allow it." in message.body
    assert message.extra_headers["Message-ID"] == f"<{delivery.event}@miyabi-world.com>"
    assert message.to == ["oncall@miyabi-world.com"]


def test_an_environment_s_own_webhook_and_addresses_come_before_those_of_all(
    receiver: Receiver, settings: Any
) -> None:
    settings.STATUS_WEBHOOK_URLS = {"prod": f"{receiver.url}/prod"}
    settings.STATUS_WEBHOOK_URL = "http://127.0.0.1:9/nobody"
    settings.STATUS_EMAIL_TO = ["oncall@miyabi-world.com"]
    put()
    payload = webhook_payload(EVENT, "id", "") | {"to": ["prod@miyabi-world.com"]}
    put("people", payload=json.dumps(payload))
    assert send_due() == 2
    assert len(receiver.got) == 1
    assert mail.outbox[0].to == ["prod@miyabi-world.com"]

    settings.STATUS_WEBHOOK_URLS, settings.STATUS_WEBHOOK_URL = {}, ""
    lost = put()
    assert send_due() == 0
    lost.refresh_from_db()
    assert lost.last_error == "its environment has no webhook any more"


def test_a_signature_hangs_on_time_body_and_key() -> None:
    one = signature(b"body", 1, "key")
    assert one.startswith("t=1,v1=")
    assert (
        len(
            {
                one,
                signature(b"body", 2, "key"),
                signature(b"other", 1, "key"),
                signature(b"body", 1, "kez"),
            }
        )
        == 4
    )


@pytest.fixture
def no_http(settings: Any) -> Iterator[None]:
    """A receiver that speaks another protocol, as an SSH server does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.STATUS_WEBHOOK_URL = f"http://127.0.0.1:{server.getsockname()[1]}/hook"

        def answer() -> None:
            with server.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(b"SSH-2.0-x\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield
        thread.join(timeout=10)


def test_a_receiver_that_answers_no_http_costs_only_its_own_delivery(
    no_http: None, settings: Any
) -> None:
    settings.STATUS_EMAIL_TO, settings.STATUS_EMAIL_FROM = ["oncall@x.com"], "console@x.com"
    lost, kept = put(), put("email")
    assert send_due() == 1
    lost.refresh_from_db()
    kept.refresh_from_db()
    assert lost.last_error == "the webhook did not answer (BadStatusLine)"
    assert (lost.sent_at, kept.sent_at is None) == (None, False)


def test_a_delivery_that_raises_anything_costs_only_itself(settings: Any) -> None:
    settings.STATUS_EMAIL_TO, settings.STATUS_EMAIL_FROM = ["oncall@x.com"], "console@x.com"
    unreadable, unknown, kept = put("email", payload="{}"), put("pigeon"), put("email")
    assert send_due() == 1
    for delivery, error in ((unreadable, "KeyError"), (unknown, "KeyError"), (kept, "")):
        delivery.refresh_from_db()
        assert error in delivery.last_error
        assert (delivery.sent_at is None) == bool(error)
