"""The outbox: messages that wait to be sent, a row for each channel of the environment."""

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings

from ...domain.environment import Environment
from ...domain.status.messages import Message, Topic, webhook_payload
from ...models import StatusDelivery
from .. import configuration


def put_in_outbox(
    message: Message,
    topic: Topic,
    environment: str,
    at: datetime,
    *,
    message_id: str = "",
    address: str = "",
    people: Sequence[str] = (),
) -> None:
    """Runs in the transaction of what the message tells. Raises DatabaseError.

    `environment` is "" for the audit log. `people` are addresses of persons whom it concerns, who
    are written to where the environment has e-mail at all. Nothing waits where nobody is to be
    told.
    """
    chosen = configuration.environments().get(environment)
    if chosen and topic not in chosen.tell:
        return
    message_id = message_id or str(uuid.uuid4())
    payload = webhook_payload(message, message_id, address or settings.STATUS_ADDRESS)
    rows = (
        StatusDelivery(
            event=message_id,
            channel=channel,
            payload=json.dumps(payload | ({"to": to} if to else {})),
            made_at=at,
            next_at=at,
        )
        for channel, to in _channels(chosen, environment, people)
    )
    # One that is there already was put there by somebody else.
    StatusDelivery.objects.bulk_create(rows, ignore_conflicts=True)


def _channels(
    environment: Environment | None, name: str, people: Sequence[str]
) -> Iterator[tuple[str, list[str]]]:
    if webhook_of(name):
        yield "webhook", []
    everybody = list(environment.email_to if environment else ()) or settings.STATUS_EMAIL_TO
    if everybody:
        yield "email", everybody
    others = [address for address in people if address not in everybody]
    if everybody and others:
        yield "people", others


def webhook_of(environment: str) -> str:
    """The address, which is a secret of its own; "" where there is none."""
    return str(settings.STATUS_WEBHOOK_URLS.get(environment, settings.STATUS_WEBHOOK_URL))
