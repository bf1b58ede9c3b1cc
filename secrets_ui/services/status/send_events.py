"""Sends the outbox: to a webhook, signed, and by e-mail.

Tried again with growing pauses, for a day.

An event is written once, with the status that it is about, and a change by tell_changes.py. It is
sent at least once: should the console die between the receiver's answer and its own note of it, it
is sent again under the same id, by which a receiver recognises it.
"""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q

from ...domain.texts import encodable
from ...models import StatusDelivery
from ..status_pass.outbox import webhook_of

log = logging.getLogger("miyabi.events")
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
AT_ONCE = 20
TIMEOUT = 10  # seconds


class NotSent(Exception):
    """The text says why; it never holds the address, which is a secret of its own."""


def send_due() -> int:
    """Sends what is due now; returns how many arrived. A failed one costs no other its sending.

    Raises DatabaseError where the outbox cannot be read.
    """
    now = datetime.now(UTC)
    unsent = StatusDelivery.objects.filter(
        sent_at__isnull=True, given_up_at__isnull=True, next_at__lte=now
    )
    return sum(_send_safely(delivery) for delivery in unsent.order_by("pk")[:AT_ONCE])


def _send_safely(delivery: StatusDelivery) -> bool:
    try:
        return _send(delivery)
    except Exception:
        log.exception("event not sent", extra={"event": delivery.event})
        return False


def waiting() -> int:
    return StatusDelivery.objects.filter(Q(sent_at__isnull=True, given_up_at__isnull=True)).count()


def _send(delivery: StatusDelivery) -> bool:
    if not _claim(delivery):
        return False
    try:
        CHANNELS[delivery.channel](json.loads(delivery.payload))
    except NotSent as error:
        _note_failure(delivery, str(error))
        return False
    except Exception as error:  # whatever a receiver may cause: its text may hold the address
        _note_failure(delivery, f"sending failed ({type(error).__name__})")
        return False
    StatusDelivery.objects.filter(pk=delivery.pk).update(sent_at=datetime.now(UTC), last_error="")
    return True


def _note_failure(delivery: StatusDelivery, why: str) -> None:
    """Tried again after the pause that was set when it was claimed, unless it is too old."""
    now = datetime.now(UTC)
    is_over = now - delivery.made_at > GIVE_UP_AFTER
    StatusDelivery.objects.filter(pk=delivery.pk).update(
        last_error=why[:200], given_up_at=now if is_over else None
    )
    about = {"event": delivery.event, "channel": delivery.channel, "why": why}
    log.warning("event not sent", extra=about)


def _claim(delivery: StatusDelivery) -> bool:
    """Counts the attempt before it is made.

    Only one process can, so no two send the same at once.
    """
    pause = min(FIRST_PAUSE * 2 ** min(delivery.attempts, 20), LONGEST_PAUSE)
    unclaimed = StatusDelivery.objects.filter(
        pk=delivery.pk, attempts=delivery.attempts, sent_at__isnull=True
    )
    return bool(unclaimed.update(attempts=delivery.attempts + 1, next_at=datetime.now(UTC) + pause))


def signature(body: bytes, at: int, key: str) -> str:
    """`t=1700000000,v1=…`: HMAC-SHA-256 of "time.body", against replays of old messages."""
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def _to_webhook(payload: Mapping[str, Any]) -> None:
    url = webhook_of(payload["event"]["environment"])
    if not url:
        raise NotSent("its environment has no webhook any more")
    body = json.dumps(payload).encode()
    headers = {"Content-Type": "application/json", "X-Miyabi-Event": payload["event"]["id"]}
    if settings.STATUS_WEBHOOK_KEY:
        headers["X-Miyabi-Signature"] = signature(
            body, int(time.time()), settings.STATUS_WEBHOOK_KEY
        )
    request = Request(url, body, headers)  # noqa: S310  settings let https in, and http to this machine
    try:
        with build_opener(_NoRedirects).open(request, timeout=TIMEOUT):
            return
    except HTTPError as error:
        error.close()
        raise NotSent(f"the webhook answered {error.code}") from None
    except (HTTPException, OSError, ValueError) as error:  # URLError is an OSError
        raise NotSent(f"the webhook did not answer ({type(error).__name__})") from None


def _to_email(payload: Mapping[str, Any]) -> None:
    event = payload["event"]
    more = [f"Secrets: {', '.join(event['secrets'])}"] if event["secrets"] else []
    lines = [
        event["text"],
        "",
        f"{'Since' if 'check' in event else 'At'} {event['since']}.",
        *more,
        event["url"],
    ]
    domain = settings.STATUS_EMAIL_FROM.rpartition("@")[2] or "localhost"
    message = EmailMessage(
        encodable(f"[miyabi] {event['title']}"),
        encodable("\n".join(lines).strip() + "\n"),
        settings.STATUS_EMAIL_FROM,
        payload.get("to") or settings.STATUS_EMAIL_TO,
        headers={"Message-ID": f"<{event['id']}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors
        raise NotSent(f"the mail server did not take it ({type(error).__name__})") from None


CHANNELS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "webhook": _to_webhook,
    "email": _to_email,
    "people": _to_email,
}
