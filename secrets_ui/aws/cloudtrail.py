"""CloudTrail's gateway: refused calls about a secret, who made a change, which versions were
decrypted.

LookupEvents takes two requests a second for an account and Region, and one attribute a request.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from ..domain.access.evidence import Denial, Known
from ..domain.errors.nesting import load_json
from ..domain.status.watched import TrailEvent
from ..domain.usage.reads import Call
from .base import Gateway
from .texts import CODE, PRINCIPAL, RESOURCE, VERSION_ID, in_form, sentence
from .trail_event import first_of, read_call

T = TypeVar("T")
LONGEST_MESSAGE = 1_000  # characters
_PAGE = 50  # events: as many as LookupEvents gives


@dataclass(frozen=True)
class EventPage:
    """Events of one kind, newest first. `oldest` is the time of the last one, None where the page
    is empty; `token` leads to the next page, "" on the last.
    """

    calls: tuple[Call, ...]
    oldest: datetime | None
    token: str


class CloudTrailGateway(Gateway):
    """Each method asks for one page: the latest events, where it takes no time."""

    service = "cloudtrail"
    commands = {"LookupEvents": "lookup-events --lookup-attributes"}

    def lookup_denials(self, event: str) -> Known[tuple[Denial, ...]]:
        """Events of one kind, such as GetSecretValue, that AWS refused."""
        return self._lookup_events("EventName", event, _denial)

    def lookup_changes(self, event: str) -> Known[tuple[TrailEvent, ...]]:
        """Events of one kind, such as PutSecretValue, that AWS did not refuse: who changed what."""
        return self._lookup_events("EventName", event, _event_called(event))

    def lookup_decrypts(self, key_arn: str) -> Known[tuple[TrailEvent, ...]]:
        """Decryptions with one key. Secrets Manager puts secret and version into the encryption
        context. That CloudTrail shows it is documented for KMS and not confirmed for each caller,
        so an event without it tells nothing.
        """
        return self._lookup_events("ResourceName", key_arn, _event_called("Decrypt"))

    def lookup_events(
        self, event: str, start: datetime, end: datetime, token: str = ""
    ) -> Known[EventPage]:
        """A page of the events of one kind between two times, refused ones included; `token` is
        that of the page before."""
        asked = {"AttributeKey": "EventName", "AttributeValue": event}
        shown = ",".join(f"{key}={value}" for key, value in asked.items())
        times = ("--start-time", start.isoformat(), "--end-time", end.isoformat())
        call = self.describe_call("LookupEvents", event, shown, *times)
        more = {"NextToken": token} if token else {}
        with self.asking(call):
            answer = self._client.lookup_events(
                LookupAttributes=[asked], StartTime=start, EndTime=end, MaxResults=_PAGE, **more
            )
            entries = answer["Events"]
            found = (
                read_call(load_json(entry.get("CloudTrailEvent") or "{}"), entry.get("EventTime"))
                for entry in entries
            )
            oldest = min((entry["EventTime"] for entry in entries), default=None)
            calls = tuple(one for one in found if one is not None and one.event == event)
            return Known(EventPage(calls, oldest, answer.get("NextToken") or ""), call)

    def _lookup_events(
        self,
        attribute: str,
        value: str,
        read: Callable[[datetime | None, dict[str, Any]], T | None],
    ) -> Known[tuple[T, ...]]:
        """`read` takes an event's time and document; None leaves it out."""
        asked = f"AttributeKey={attribute},AttributeValue={value}"
        call = self.describe_call("LookupEvents", value, asked)
        with self.asking(call):
            answer = self._client.lookup_events(
                LookupAttributes=[{"AttributeKey": attribute, "AttributeValue": value}],
                MaxResults=_PAGE,
            )
            found = (
                read(entry.get("EventTime"), load_json(entry.get("CloudTrailEvent") or "{}"))
                for entry in answer["Events"]
            )
            return Known(tuple(event for event in found if event is not None), call)


def _event_called(name: str) -> Callable[[datetime | None, dict[str, Any]], TrailEvent | None]:
    def read(at: datetime | None, event: dict[str, Any]) -> TrailEvent | None:
        is_ours = event.get("eventName", "") == name and not event.get("errorCode")
        return _trail_event(at, event) if is_ours else None

    return read


def _trail_event(at: datetime | None, event: dict[str, Any]) -> TrailEvent:
    """Members that CloudTrail left out stay empty."""
    asked = event.get("requestParameters") or {}  # null where CloudTrail has none
    context = asked.get("encryptionContext") or {}
    return TrailEvent(
        at,
        in_form(CODE, event.get("eventName")),
        _principal(event),
        first_of(RESOURCE, context, "SecretARN")
        or first_of(RESOURCE, asked, "secretId", "keyId", "targetKeyId"),
        first_of(VERSION_ID, context, "SecretVersionId")
        or first_of(VERSION_ID, asked, "moveToVersionId", "clientRequestToken"),
    )


def _principal(event: dict[str, Any]) -> str:
    identity = event.get("userIdentity") or {}
    return in_form(PRINCIPAL, identity.get("arn"))


def _denial(at: datetime | None, event: dict[str, Any]) -> Denial | None:
    if not event.get("errorCode"):
        return None
    code = in_form(CODE, event["errorCode"]) or "an error"
    text = f"{code}: {event.get('errorMessage', '')}"
    asked = event.get("requestParameters") or {}
    return Denial(
        at,
        in_form(CODE, event.get("eventName")),
        _principal(event),
        sentence(text, LONGEST_MESSAGE),
        first_of(RESOURCE, asked, "secretId")
        or " ".join(in_form(RESOURCE, name) for name in asked.get("secretIdList") or ()),
    )
