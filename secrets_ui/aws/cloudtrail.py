"""CloudTrail's gateway: refused calls about a secret, who made a change, which versions were decrypted.

LookupEvents takes two requests a second for an account and Region."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ..domain.access.evidence import Denial, Known
from ..domain.status.watched import TrailEvent
from .base import Gateway
from .translate import told_as_ours


class CloudTrailGateway(Gateway):
    """Raises AwsError and its kinds."""

    service = "cloudtrail"

    def lookup_denials(self, event: str, *, most: int = 50) -> Known[tuple[Denial, ...]]:
        """The latest events of one kind, such as GetSecretValue, that AWS refused. One page, one attribute: LookupEvents takes no more.
        https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""
        call = self.told(
            "LookupEvents",
            event,
            "lookup-events",
            "--lookup-attributes",
            f"AttributeKey=EventName,AttributeValue={event}",
        )
        with told_as_ours(call):
            answer = self._client.lookup_events(
                LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": event}],
                MaxResults=most,
            )
            found = [
                _denial(entry.get("EventTime"), json.loads(entry.get("CloudTrailEvent") or "{}"))
                for entry in answer["Events"]
            ]
            return Known(tuple(denial for denial in found if denial is not None), call)

    def lookup_changes(self, event: str, *, most: int = 50) -> Known[tuple[TrailEvent, ...]]:
        """The latest events of one kind that AWS did not refuse, such as PutSecretValue: who, on what, which version."""
        return self._lookup("EventName", event, event, most)

    def lookup_decrypts(self, key_arn: str, *, most: int = 50) -> Known[tuple[TrailEvent, ...]]:
        """The latest decryptions with one key. Secrets Manager puts secret and version into the encryption context; that CloudTrail shows
        it is documented for KMS, and not confirmed for each caller, so an event without it tells nothing."""
        return self._lookup("ResourceName", key_arn, "Decrypt", most)

    def _lookup(
        self, attribute: str, value: str, event: str, most: int
    ) -> Known[tuple[TrailEvent, ...]]:
        asked = f"AttributeKey={attribute},AttributeValue={value}"
        call = self.told("LookupEvents", value, "lookup-events", "--lookup-attributes", asked)
        with told_as_ours(call):
            answer = self._client.lookup_events(
                LookupAttributes=[{"AttributeKey": attribute, "AttributeValue": value}],
                MaxResults=most,
            )
            found = [
                _trail_event(
                    entry.get("EventTime"), json.loads(entry.get("CloudTrailEvent") or "{}")
                )
                for entry in answer["Events"]
            ]
            return Known(tuple(e for e in found if e is not None and e.event == event), call)


def _trail_event(at: datetime | None, event: dict[str, Any]) -> TrailEvent | None:
    """Members that CloudTrail left out stay empty."""
    if event.get("errorCode"):
        return None
    asked, identity = event.get("requestParameters") or {}, event.get("userIdentity") or {}
    context = asked.get("encryptionContext") or {}
    resource = (
        context.get("SecretARN")
        or asked.get("secretId")
        or asked.get("keyId")
        or asked.get("targetKeyId")
    )
    version = (
        context.get("SecretVersionId")
        or asked.get("moveToVersionId")
        or asked.get("clientRequestToken")
    )
    return TrailEvent(
        at,
        event.get("eventName", ""),
        identity.get("arn", ""),
        str(resource or ""),
        str(version or ""),
    )


def _denial(at: datetime | None, event: dict[str, Any]) -> Denial | None:
    if not event.get("errorCode"):
        return None
    text = f"{event['errorCode']}: {event.get('errorMessage', '')}"
    asked = event.get("requestParameters") or {}  # null where CloudTrail has none
    identity = event.get("userIdentity") or {}
    return Denial(
        at,
        event.get("eventName", ""),
        identity.get("arn", ""),
        text[:1000],
        str(asked.get("secretId", "")),
    )
