"""The last look before a request leaves, and the first at what came back.

Both come with each attempt, so that no retry and no renewal of credentials passes them by.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.auth import SIGV4_TIMESTAMP
from botocore.exceptions import BotoCoreError, ConnectTimeoutError, EndpointConnectionError

from .caller import current
from .codes import AWAY, Outcome, outcome_of

# Told of each attempt: "service.Operation", its outcome, and the seconds that AWS took.
Observe = Callable[[str, Outcome, float], None]
# After these there was no connection that anything could have been sent over.
_NEVER_LEFT = (ConnectTimeoutError, EndpointConnectionError)


class DeadlinePassed(BotoCoreError):
    """The call would have left after its deadline, so it was not sent. botocore does not try it
    again."""

    fmt = "The deadline has passed."


class StsUnreachable(BotoCoreError):
    """STS gave no credentials to sign with, so the call was not sent."""

    fmt = "STS does not answer."


def before_send(
    pace: Callable[[str], None] | None, request: Any, event_name: str, **event: Any
) -> None:
    """A handler of botocore's event before-send, which comes after the signature and is called
    `before-send.secrets-manager.ListSecrets`. None lets the request go.

    `pace` may wait, so the deadline is looked at after it. Raises DeadlinePassed.
    """
    if pace:
        pace(event_name.partition(".")[2])
    signing = current.get()
    if signing is None:
        return
    if signing.deadline and not signing.deadline.allows(_date_of(request.headers)):
        raise DeadlinePassed
    signing.unanswered += 1
    signing.sent_at = time.perf_counter()


def after_response(observe: Observe | None, event_name: str, **event: Any) -> None:
    """A handler of botocore's event response-received, which comes with each attempt whose answer
    could be read, or that failed on the way."""
    signing = current.get()
    never_left = isinstance(event["exception"], _NEVER_LEFT)
    if signing and (never_left or _is_answer(event["parsed_response"])):
        signing.unanswered -= 1
    _tell(observe, event_name, outcome_of(event["parsed_response"]))


def after_error(observe: Observe | None, event_name: str, **event: Any) -> None:
    """A handler of botocore's event after-call-error, which comes after the last attempt, also
    where its answer could not be read."""
    _tell(observe, event_name, "unreachable")


def _tell(observe: Observe | None, event_name: str, outcome: Outcome) -> None:
    """Once for each attempt that was sent."""
    signing = current.get()
    if observe and signing and signing.sent_at is not None:
        seconds = time.perf_counter() - signing.sent_at
        signing.sent_at = None
        observe(event_name.partition(".")[2], outcome, seconds)


def _date_of(headers: Mapping[str, Any]) -> datetime:
    """The date that the signature covers, in whole seconds."""
    date = headers["X-Amz-Date"]
    text = date.decode() if isinstance(date, bytes) else str(date)
    return datetime.strptime(text, SIGV4_TIMESTAMP).replace(tzinfo=UTC)


def _is_answer(parsed: Any) -> bool:
    """Whether AWS has done with the request. After a failure of its own it may have carried it out;
    and an answer without a request id is that of a proxy, behind which the request may go on.
    """
    if not isinstance(parsed, dict):
        return False
    meta, code = parsed.get("ResponseMetadata", {}), parsed.get("Error", {}).get("Code")
    return bool(meta.get("RequestId")) and meta["HTTPStatusCode"] < 500 and code not in AWAY
