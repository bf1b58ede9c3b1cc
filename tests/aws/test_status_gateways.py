"""What a status pass asks besides: who made a change, which version was decrypted; and the pace of
calls.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from secrets_ui.aws.cloudtrail import CloudTrailGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsError
from tests.aws.calls import VERSION
from tests.aws.fake_aws import serve_fake_aws

AT = datetime(2026, 11, 25, 2, 14, tzinfo=UTC)
DEV = Environment("dev", "us-west-2", "111111111111", "miyabi/dev/")
KEY = "arn:aws:kms:us-west-2:111111111111:key/1"


def cloudtrail() -> tuple[CloudTrailGateway, Stubber]:
    caller = AwsSessions("http://127.0.0.1:9").caller(DEV, "hana")
    return CloudTrailGateway(caller), Stubber(caller.client("cloudtrail"))


def event(name: str, parameters: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    result = {
        "eventName": name,
        "userIdentity": {"arn": "arn:aws:iam::111111111111:user/yuki"},
        "requestParameters": parameters,
        **more,
    }
    return {"EventName": name, "EventTime": AT, "CloudTrailEvent": json.dumps(result)}


def test_a_change_tells_who_what_and_which_version() -> None:
    trail, stub = cloudtrail()
    asked = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "PutSecretValue"}],
        "MaxResults": 50,
    }
    with stub:
        events = [
            event(
                "PutSecretValue", {"secretId": "miyabi/dev/config", "clientRequestToken": VERSION}
            ),
            event("PutSecretValue", None),
            event("PutSecretValue", {"secretId": "x"}, errorCode="AccessDenied"),
        ]
        stub.add_response("lookup_events", {"Events": events}, asked)
        found = trail.lookup_changes("PutSecretValue").value
    assert [(e.principal, e.resource, e.version) for e in found] == [
        ("arn:aws:iam::111111111111:user/yuki", "miyabi/dev/config", VERSION),
        ("arn:aws:iam::111111111111:user/yuki", "", ""),
    ]


def test_a_decryption_tells_secret_and_version_by_its_context() -> None:
    trail, stub = cloudtrail()
    with stub:
        context = {"SecretARN": "arn:secret", "SecretVersionId": VERSION}
        events = [
            event("Decrypt", {"encryptionContext": context}),
            event("GenerateDataKey", {"keyId": KEY}),
        ]
        stub.add_response("lookup_events", {"Events": events})
        [found] = trail.lookup_decrypts(KEY).value
    assert (found.resource, found.version, found.at) == ("arn:secret", VERSION, AT)


def test_s100_a_token_that_has_another_form_is_no_version(canary: str) -> None:
    trail, stub = cloudtrail()
    with stub:
        asked = {"secretId": f"<{canary}>", "clientRequestToken": f"{canary} {canary}"}
        stub.add_response("lookup_events", {"Events": [event("PutSecretValue", asked)]})
        [found] = trail.lookup_changes("PutSecretValue").value
    assert (found.resource, found.version) == ("", "")


def test_each_sending_is_paced_and_named_by_service_and_operation() -> None:
    seen: list[str] = []
    with serve_fake_aws() as aws:
        sessions = AwsSessions(aws.endpoint, seen.append)
        cloudtrail = CloudTrailGateway(sessions.caller(DEV, "hana"))
        with pytest.raises(AwsError):
            cloudtrail.lookup_changes("PutSecretValue")  # its answer lacks the events
    assert seen == ["cloudtrail.LookupEvents"]
