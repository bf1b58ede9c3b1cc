"""What was to be sent by webhook and e-mail was sent."""

from collections.abc import Iterator

from ...domain.errors.wording import plural
from ...domain.status.status import StatusFinding
from ...domain.status.watched import Records
from .saying import Saying

TITLE = "Messages are delivered"
say = Saying(__name__, "status", "the outbox")


def check(records: Records) -> Iterator[StatusFinding]:
    if records.undelivered:
        why = records.why_undelivered.rstrip(".") or "no answer"
        text = f"{plural(records.undelivered, 'message')} could not be sent: {why}."
        yield say("warn", text)
