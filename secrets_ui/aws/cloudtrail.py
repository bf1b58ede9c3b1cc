"""CloudTrail's gateway: the latest refused calls about a secret. Its limit is two requests a second for an account and Region."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ..domain.evidence import Denial, Known
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
                LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": event}], MaxResults=most
            )
            found = [
                _denial(entry.get("EventTime"), json.loads(entry.get("CloudTrailEvent") or "{}"))
                for entry in answer["Events"]
            ]
            return Known(tuple(denial for denial in found if denial is not None), call)


def _denial(at: datetime | None, event: dict[str, Any]) -> Denial | None:
    if not event.get("errorCode"):
        return None
    text = f"{event['errorCode']}: {event.get('errorMessage', '')}"
    asked = event.get("requestParameters") or {}  # null where CloudTrail has none
    identity = event.get("userIdentity") or {}
    return Denial(
        at, event.get("eventName", ""), identity.get("arn", ""), text[:1000], str(asked.get("secretId", ""))
    )
