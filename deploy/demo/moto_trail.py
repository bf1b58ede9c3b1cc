"""CloudTrail's LookupEvents for the local AWS, which moto lacks.

It answers in accounts into which events were put: of those, and of what was called since, but for
what the estate is built and broken with. In any other account moto answers, with its error for what
it does not know. The events lie in moto's own backend, so a kept demo keeps them.
"""

import json
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moto.cloudtrail.models import cloudtrail_backends
from moto.iam.models import get_account_id_from
from moto.sts.models import sts_backends

from deploy.demo.account import BUILDER

PUT_PATH = "/local-aws/trail"  # takes JSON of an account, a Region and events
PAGE = 50
_KEY = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/")
_RECORDED = {
    *("BatchGetSecretValue", "CreateSecret", "DeleteResourcePolicy", "DeleteSecret"),
    *("GetSecretValue", "PutResourcePolicy", "PutSecretValue", "RestoreSecret", "UpdateSecret"),
    "UpdateSecretVersionStage",
}
# Request parameters as CloudTrail shows them; no value is among them.
_SHOWN = {
    "Name": "name",
    "SecretId": "secretId",
    "SecretIdList": "secretIdList",
    "VersionId": "versionId",
    "ClientRequestToken": "clientRequestToken",
    "MoveToVersionId": "moveToVersionId",
}
Event = dict[str, Any]


def with_trail(application: Any) -> Any:
    """moto's WSGI application, with a trail beside it."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == PUT_PATH:
            return _put(environ, start_response)
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        if operation not in (*_RECORDED, "LookupEvents"):
            return application(environ, start_response)  # type: ignore[no-any-return]
        key, events = _events_of(environ)
        if events is None:
            return application(environ, start_response)  # type: ignore[no-any-return]
        if operation == "LookupEvents":
            return _send(start_response, _look_up(events, _body(environ)))
        return _record(application, environ, start_response, operation, key, events)

    return answer


def _put(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    put = _body(environ)
    backend: Any = cloudtrail_backends[put["account"]][put["region"]]
    backend.trail_events = put["events"]
    return _send(start_response, {})


def _events_of(environ: dict[str, Any]) -> tuple[str, list[Event] | None]:
    """The caller's access key, and the events of its account and Region, None without any."""
    found = _KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not found:
        return "", None
    key, region = found.groups()
    backend = cloudtrail_backends[get_account_id_from(key)][region]
    return key, getattr(backend, "trail_events", None)


def _look_up(events: list[Event], asked: dict[str, Any]) -> dict[str, Any]:
    """Newest first, a page at a time, as AWS does. Its only attribute here is EventName."""
    [attribute] = asked["LookupAttributes"]
    start, end = asked.get("StartTime", 0), asked.get("EndTime", 2**40)
    found = [
        event
        for event in events
        if event["eventName"] == attribute["AttributeValue"] and start <= _seconds(event) <= end
    ]
    found.sort(key=_seconds, reverse=True)
    first = int(asked.get("NextToken") or 0)
    page = found[first : first + min(asked.get("MaxResults", PAGE), PAGE)]
    answer: dict[str, Any] = {"Events": [_entry(event) for event in page]}
    if first + len(page) < len(found):
        answer["NextToken"] = str(first + len(page))
    return answer


def _entry(event: Event) -> dict[str, Any]:
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "EventTime": _seconds(event),
        "CloudTrailEvent": json.dumps(event),
    }


def _seconds(event: Event) -> float:
    return datetime.fromisoformat(event["eventTime"]).timestamp()


def _record(
    application: Any,
    environ: dict[str, Any],
    start_response: Any,
    operation: str,
    key: str,
    events: list[Event],
) -> Iterable[bytes]:
    statuses: list[str] = []

    def begin(status: str, *arguments: Any) -> Any:
        statuses.append(status)
        return start_response(status, *arguments)

    asked = _body(environ)
    answer = list(application(environ, begin))
    event = {
        "eventID": secrets.token_hex(16),
        "eventName": operation,
        "eventTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "userIdentity": _identity(key),
        "sourceIPAddress": environ.get("REMOTE_ADDR", ""),
        "requestParameters": {
            name: asked[member] for member, name in _SHOWN.items() if member in asked
        },
    }
    if not statuses[0].startswith("200"):
        code = json.loads(b"".join(answer) or b"{}").get("__type", "error")
        event["errorCode"] = str(code).rpartition("#")[2]
    if f"/{BUILDER}/" not in event["userIdentity"].get("arn", ""):
        events.append(event)
    return answer


def _identity(key: str) -> dict[str, Any]:
    account = get_account_id_from(key)
    role = sts_backends[account]["aws"].get_assumed_role_from_access_key(key)
    if role is None:
        return {"type": "Unknown", "accountId": account}
    return {
        "type": "AssumedRole",
        "arn": role.arn,
        "accountId": account,
        "principalId": role.user_id,
        # The console's sessions have the person as both, and moto drops the one.
        "sessionContext": {"sourceIdentity": role.session_name},
    }


def _body(environ: dict[str, Any]) -> dict[str, Any]:
    """The whole body is in memory, and stays to be read again."""
    body = environ["wsgi.input"].read()
    environ["wsgi.input"].seek(0)
    asked: dict[str, Any] = json.loads(body or b"{}")
    return asked


def _send(start_response: Any, answer: dict[str, Any]) -> Iterable[bytes]:
    body = json.dumps(answer).encode()
    start_response(
        "200 OK",
        [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))],
    )
    return [body]
