"""The function's log: what is asked of CloudWatch Logs, and how strictly a line is read."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from secrets_ui.aws.logs import PATTERN, LogsGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.environment import Environment
from testkit.function_log import REPORT, loader_line
from tests.aws.calls import VERSION

DEV = Environment("dev", "us-west-2", "111111111111", "miyabi/dev/")
NAME, STREAM = "miyabi/dev/config", "2026/11/30/[$LATEST]0123456789abcdef"
AT = datetime(2026, 11, 30, 2, 14, 0, 5000, UTC)


def read(*messages: str, stream: str = STREAM, **more: Any) -> Any:
    """What the gateway makes of a page with these lines."""
    gateway = LogsGateway(AwsSessions("http://127.0.0.1:9").caller(DEV, "hana"))
    stub = Stubber(gateway._caller.client("logs"))
    events = [
        {"logStreamName": stream, "timestamp": int(AT.timestamp() * 1000), "message": message}
        for message in messages
    ]
    asked = {"logGroupName": DEV.log_group, "startTime": 1796004840005, **more.pop("asked", {})}
    with stub:
        stub.add_response("filter_log_events", {"events": events, **more.pop("answer", {})}, asked)
        return gateway.filter_log_events(DEV.log_group, AT, **more)


def test_a_line_of_the_loader_becomes_a_report() -> None:
    page = read(loader_line({NAME: VERSION}), REPORT, answer={"nextToken": "more"}).value
    [report] = page.reports
    assert (report.stream, report.at) == (STREAM, AT)
    assert report.versions == {NAME: VERSION}
    assert (report.function_version, report.initialization_type) == ("$LATEST", "on-demand")
    assert (page.streams, page.next_token) == ({STREAM}, "more")


def test_the_question_is_whole_and_its_command_can_be_repeated() -> None:
    asked = {
        "endTime": 1796004900005,
        "filterPattern": PATTERN,
        "logStreamNames": ["a", "b"],
        "limit": 5,
        "nextToken": "t",
    }
    more = {"end": AT + timedelta(minutes=1), "pattern": PATTERN, "streams": {"b", "a"}}
    call = read(asked=asked, most=5, token="t", **more).call
    assert call.operation == "logs:FilterLogEvents"
    assert f"--log-group-name {DEV.log_group} --start-time 1796004840005" in call.cli
    assert f"--filter-pattern '{PATTERN}'" in call.cli


@pytest.mark.parametrize(
    "line",
    [
        REPORT,
        '"miyabi_secrets"',
        '{"miyabi_secrets": null}',
        '{"miyabi_secrets": {"versions": []}}',
        f'{{"miyabi_secrets": {"[" * 5000}',
        loader_line({NAME: VERSION}, function="another-function"),
        loader_line({NAME: VERSION, "x" * 20_000: VERSION}),
    ],
    ids=lambda line: line[:40],
)
def test_another_line_is_none(line: str) -> None:
    page = read(line).value
    assert page.reports == ()
    assert page.streams == {STREAM}


def test_powertools_members_stand_beside_it() -> None:
    line = json.loads(loader_line({NAME: VERSION})) | {"level": "INFO", "message": "loaded"}
    [report] = read(json.dumps(line)).value.reports
    assert report.versions == {NAME: VERSION}


def test_s117_a_text_of_another_form_in_the_log_is_dropped(canary: str) -> None:
    """Whoever runs code in the function writes its log."""
    odd = f"<{canary}> {canary}"
    line = json.loads(loader_line({NAME: odd, f"<{canary}>": VERSION}))
    line["miyabi_secrets"] |= {"function_version": odd, "initialization_type": [canary]}
    [report] = read(json.dumps(line)).value.reports
    assert canary not in repr(report)
    assert report.versions == {}
    assert read(loader_line({NAME: VERSION}), stream=odd).value.reports == ()
