"""Reads one event of CloudTrail, from LookupEvents or from the log group of a trail: who called
what, and about which secret or key. No other request parameter is looked at, and no response.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..domain.usage.reads import Call, Caller
from .texts import CODE, PRINCIPAL, RESOURCE, VERSION_ID, in_form

_EVENT_ID = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
# An IP address, or a service's name where AWS called: `AWS Internal` has a blank.
_ADDRESS = re.compile(r"[0-9A-Za-z.:-]{1,253}|AWS Internal", re.ASCII)
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_SESSION = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_PRINCIPAL_ID = re.compile(r"[\w+=,.@:/-]{1,200}", re.ASCII)
_KIND = re.compile(r"[A-Za-z]{1,40}", re.ASCII)


def read_call(event: Mapping[str, Any], at: datetime | None = None) -> Call | None:
    """None for an event without an id or a time."""
    event_id, at = in_form(_EVENT_ID, event.get("eventID")), at or _time(event.get("eventTime"))
    if not event_id or at is None:
        return None
    asked = _members(event.get("requestParameters"))
    return Call(
        event_id,
        at.astimezone(UTC),
        in_form(CODE, event.get("eventName")),
        _named(asked),
        _caller(_members(event.get("userIdentity"))),
        first_of(VERSION_ID, asked, "versionId", "moveToVersionId", "clientRequestToken"),
        in_form(_ADDRESS, event.get("sourceIPAddress")),
        # A code of another form is still a refusal.
        in_form(CODE, event.get("errorCode")) or ("error" if event.get("errorCode") else ""),
    )


def _named(asked: Mapping[str, Any]) -> tuple[str, ...]:
    """CreateSecret has `name`; a batch `secretIdList`; calls to KMS `keyId`."""
    many = asked.get("secretIdList")
    found = [asked.get(name) for name in ("secretId", "name", "keyId")]
    found += many if isinstance(many, list) else []
    return tuple(filter(None, (in_form(RESOURCE, name) for name in found)))


def _caller(identity: Mapping[str, Any]) -> Caller:
    session = _members(identity.get("sessionContext"))
    return Caller(
        in_form(_KIND, identity.get("type")),
        in_form(PRINCIPAL, identity.get("arn")),
        in_form(_ACCOUNT, identity.get("accountId")),
        in_form(_PRINCIPAL_ID, identity.get("principalId")),
        in_form(_SESSION, session.get("sourceIdentity")),
        in_form(_ADDRESS, identity.get("invokedBy")),
    )


def first_of(form: re.Pattern[str], members: Mapping[str, Any], *names: str) -> str:
    """The first of these members that is there, "" where it has another form."""
    return next((in_form(form, members[name]) for name in names if members.get(name)), "")


def _members(found: Any) -> Mapping[str, Any]:
    """CloudTrail has null for what is not there."""
    return found if isinstance(found, dict) else {}


def _time(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
