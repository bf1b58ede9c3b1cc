"""Events of CloudTrail, from LookupEvents and from the log group of a trail: what is read of them,
and that nothing else of a request is.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from secrets_ui.aws.cloudtrail import CloudTrailGateway
from secrets_ui.aws.logs import LogsGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.aws.trail_event import read_call
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.usage.reads import Caller

AT = datetime(2026, 11, 25, 2, 14, tzinfo=UTC)
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC)
DEV = Environment("dev", "us-west-2", "111111111111", "miyabi/dev/")
ARN = "arn:aws:sts::111111111111:assumed-role/ops/yuki"


def event(**changes: Any) -> dict[str, Any]:
    return {
        "eventID": "0a1b2c3d-event",
        "eventTime": "2026-11-25T02:14:00Z",
        "eventName": "GetSecretValue",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": ARN,
            "accountId": "111111111111",
            "principalId": "AROAX:yuki",
            "invokedBy": "ecs.amazonaws.com",
            "sessionContext": {"sourceIdentity": "yuki"},
        },
        "sourceIPAddress": "203.0.113.7",
        "requestParameters": {"secretId": "miyabi/dev/config", "versionId": "a" * 32},
        **changes,
    }


def test_an_event_tells_who_what_when_and_from_where() -> None:
    call = read_call(event(errorCode="AccessDenied"))
    assert call is not None
    who = Caller("AssumedRole", ARN, "111111111111", "AROAX:yuki", "yuki", "ecs.amazonaws.com")
    assert (call.at, call.event, call.named, call.version) == (
        AT,
        "GetSecretValue",
        ("miyabi/dev/config",),
        "a" * 32,
    )
    assert (call.caller, call.address, call.error) == (who, "203.0.113.7", "AccessDenied")
    assert call.caller.session == "yuki"


@pytest.mark.parametrize(
    "broken", [{"eventID": None}, {"eventID": "a b"}, {"eventTime": "yesterday"}]
)
def test_an_event_without_id_or_time_is_none(broken: dict[str, Any]) -> None:
    assert read_call(event(**broken)) is None


def test_what_cloudtrail_leaves_out_stays_empty() -> None:
    call = read_call(event(userIdentity=None, requestParameters=None, sourceIPAddress=None))
    assert call is not None
    assert (call.named, call.caller, call.address, call.error) == ((), Caller(), "", "")


def test_s100_of_a_call_that_cloudtrail_recorded_nothing_is_read_but_names_in_their_form(
    canary: str,
) -> None:
    """Secret strings are hidden by AWS; whoever stands between could put anything anywhere."""
    text = f"{canary} {canary}"
    told = event(
        requestParameters={
            "secretId": text,
            "versionId": text,
            "secretString": canary,
            "description": canary,
            "secretIdList": [text, {"x": canary}],
        },
        responseElements={"secretString": canary},
        errorCode=text,
        errorMessage=canary,
        sourceIPAddress=text,
        userAgent=canary,
        userIdentity={
            "type": text,
            "arn": text,
            "accountId": canary,
            "principalId": text,
            "invokedBy": text,
            "sessionContext": {"sourceIdentity": text},
        },
    )
    call = read_call(told)
    assert call is not None
    assert canary not in repr(call)
    assert call.error == "error"  # refused, whatever the code


def test_a_page_is_asked_for_by_name_and_time_and_leads_to_the_next() -> None:
    caller = AwsSessions("http://127.0.0.1:9").caller(DEV, "hana")
    trail, stub = CloudTrailGateway(caller), Stubber(caller.client("cloudtrail"))
    asked = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "GetSecretValue"}],
        "StartTime": START,
        "EndTime": END,
        "MaxResults": 50,
    }
    entries = [
        {"EventTime": AT, "CloudTrailEvent": json.dumps(event())},
        {"EventTime": START, "CloudTrailEvent": json.dumps(event(eventName="DescribeSecret"))},
    ]
    with stub:
        stub.add_response("lookup_events", {"Events": entries, "NextToken": "t"}, asked)
        stub.add_response("lookup_events", {"Events": []}, asked | {"NextToken": "t"})
        first = trail.lookup_events("GetSecretValue", START, END)
        second = trail.lookup_events("GetSecretValue", START, END, first.value.token).value
    assert [call.event for call in first.value.calls] == ["GetSecretValue"]
    assert (first.value.oldest, first.value.token) == (START, "t")
    assert (second.calls, second.oldest, second.token) == ((), None, "")
    assert "--start-time 2026-11-01T00:00:00+00:00" in first.call.cli


def test_a_query_of_logs_insights_gives_the_same_calls() -> None:
    caller = AwsSessions("http://127.0.0.1:9").caller(DEV, "hana")
    logs, stub = LogsGateway(caller), Stubber(caller.client("logs"))
    query = (
        'fields @message | filter eventName in ["GetSecretValue"] '
        'and strcontains(@message, "miyabi/dev/config") | sort @timestamp desc | limit 1000'
    )
    asked = {
        "logGroupName": "/miyabi/dev/cloudtrail",
        "startTime": int(START.timestamp()),
        "endTime": int(END.timestamp()),
        "queryString": query,
        "limit": 1000,
    }
    rows = [[{"field": "@message", "value": json.dumps(event())}, {"field": "@ptr", "value": "x"}]]
    with stub:
        stub.add_response("start_query", {"queryId": "q-1"}, asked)
        stub.add_response(
            "get_query_results", {"status": "Complete", "results": rows}, {"queryId": "q-1"}
        )
        begun = logs.start_query(
            "/miyabi/dev/cloudtrail", ["GetSecretValue"], "miyabi/dev/config", START, END
        )
        found = logs.get_query_results(begun.value).value
    assert (found.is_over, found.calls) == (True, (read_call(event()),))
