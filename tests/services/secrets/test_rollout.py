"""Reading the function's log: bounded, newest first, and what AWS refuses is part of the answer."""

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from secrets_ui.domain.errors import SecretNotFound
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets import arrival, rollout
from secrets_ui.domain.secrets.rollout import Rollout
from secrets_ui.services.secrets import function_log
from secrets_ui.services.secrets.rollout import as_json, look
from testkit.function_log import REPORT, loader_line, write_line
from testkit.posting import current_version
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate

pytestmark = pytest.mark.django_db
HANA = Actor("hana", "192.0.2.7")
NAME = "miyabi/prod/api-keys"
Watched = tuple[Estate, RecordingAws]


@pytest.fixture
def prod(watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Whose function, made with it, has not changed since any line."""
    monkeypatch.setattr(rollout, "ENDED_WITHIN", timedelta(days=1))
    return watched(only=("prod",))


def current(estate: Estate) -> str:
    return current_version(estate, "prod", "api-keys")


def save(estate: Estate) -> tuple[str, str]:
    """A new version, outside the console: the ids of the one before, and of this."""
    before = current(estate)
    secrets: Any = estate["prod"].clients.secretsmanager
    secrets.put_secret_value(SecretId=NAME, SecretString='{"GITHUB_TOKEN": "new"}')
    return before, current(estate)


def write(
    estate: Estate, stream: str, version: str, minutes_ago: float = 0, kind: str = "on-demand"
) -> None:
    write_line(estate["prod"], stream, loader_line({NAME: version}, kind), minutes_ago)


def looked(estate: Estate, version_id: str = "") -> Rollout:
    return look(estate["prod"].environment, NAME, HANA, version_id, with_hints=False)


def questions(aws: RecordingAws) -> list[dict[str, Any]]:
    return [call.body for call in aws.received if call.operation == "FilterLogEvents"]


def test_a_save_is_seen_to_arrive(prod: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    estate, aws = prod
    old, new = save(estate)
    write(estate, "a", old, minutes_ago=90)
    write(estate, "b", old, minutes_ago=300)
    write(estate, "gone", old, minutes_ago=600)
    for stream in "ab":
        write_line(estate["prod"], stream, REPORT, minutes_ago=2)
    found = looked(estate)
    assert (found.arrived, found.of, found.version_id) == (False, 2, new)
    write(estate, "a", new)
    found = looked(estate)
    assert (found.arrived, found.new, found.of) == (False, 1, 2)
    write(estate, "b", new)
    found = looked(estate)
    # Not before lines can no longer be under way.
    assert (found.arrived, found.new, found.of) == (None, 2, 2)
    monkeypatch.setattr(arrival, "UNDER_WAY", timedelta(0))
    assert looked(estate).arrived
    assert {one.stream: one.state for one in found.instances} == {
        "a": "new",
        "b": "new",
        "gone": "gone",
    }
    assert aws.operations().count("GetSecretValue") == 0
    told = json.loads(as_json(found))
    assert told["log"]["is_whole"] is True
    assert [entry["state"] for entry in told["instances"]] == ["new", "new", "gone"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "has written no line"),
        ([REPORT], "The loader does not report"),
        ([loader_line({"miyabi/prod/config": "c" * 32})], "has not read this secret"),
    ],
)
def test_nobody_who_reports_is_not_known(prod: Watched, lines: Iterable[str], reason: str) -> None:
    estate, _ = prod
    for line in lines:
        write_line(estate["prod"], "a", line)
    found = looked(estate)
    assert found.arrived is None
    assert reason in found.reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDeniedException", "AccessDeniedException"),
        ("ThrottlingException", "ThrottlingException"),
        ("ResourceNotFoundException", "AWS has no /aws/lambda/miyabi-app"),
    ],
)
def test_what_aws_refuses_is_not_known_with_its_code(prod: Watched, code: str, reason: str) -> None:
    estate, aws = prod
    write(estate, "a", current(estate))
    aws.break_call("FilterLogEvents", code, "no")
    found = looked(estate)
    assert found.arrived is None
    assert reason in found.reason
    assert found.problem is not None
    assert found.problem.call.code == code
    assert found.can_change is (code == "ThrottlingException")


def test_the_newest_lines_are_read_first_and_no_more_pages_than_allowed(
    prod: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate, aws = prod
    write(estate, "a", current(estate), minutes_ago=5)
    monkeypatch.setattr(function_log, "MOST_PAGES", 2)
    found = looked(estate)
    assert len(questions(aws)) == 2
    starts = [question["startTime"] for question in questions(aws)]
    assert starts == sorted(starts, reverse=True)
    assert (found.arrived, found.new) == (None, 1)
    assert "alone" in found.reason
    assert found.log.since is not None
    assert found.log.since > found.log.began


def test_a_log_that_never_ends_is_left_in_time(
    prod: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that are empty and not the last, as AWS gives where little of much is searched."""
    estate, aws = prod
    aws.answer("FilterLogEvents", 200, b'{"events": [], "nextToken": "again"}')
    monkeypatch.setattr(function_log, "MOST_PAGES", 5)
    found = looked(estate)
    assert len(questions(aws)) == 5
    assert found.arrived is None
    aws.received.clear()
    look(estate["prod"].environment, NAME, HANA, seconds=0, with_hints=False)
    assert questions(aws) == []


def test_an_instance_with_many_lines_hides_none_with_few(prod: Watched) -> None:
    """Each question about who runs leaves out those that were found."""
    estate, aws = prod
    old, new = save(estate)
    for number in range(3):
        write(estate, f"old-{number}", old, minutes_ago=120)
        write_line(estate["prod"], f"old-{number}", REPORT, minutes_ago=30 - number)
    write(estate, "new", new)
    aws.received.clear()
    found = looked(estate)
    assert found.count("old") == 3
    assert [sorted(q["logStreamNames"]) for q in questions(aws) if "logStreamNames" in q] == [
        ["old-0", "old-1", "old-2"]
    ]


def test_a_function_that_has_changed_has_new_instances(
    prod: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate, _ = prod
    old, new = save(estate)
    write(estate, "old", old, minutes_ago=10)
    assert looked(estate).count("old") == 1
    monkeypatch.setattr(rollout, "ENDED_WITHIN", timedelta(0))
    function: Any = estate["prod"].clients.lambda_
    function.update_function_configuration(
        FunctionName=estate["prod"].environment.lambda_function, Description="refreshed"
    )
    write(estate, "new", new)
    assert {one.stream: one.state for one in looked(estate).instances} == {
        "new": "new",
        "old": "gone",
    }


def test_a_version_by_its_id_and_a_secret_that_is_not_there(prod: Watched) -> None:
    estate, _ = prod
    old, _new = save(estate)
    assert "is not current" in looked(estate, old).reason
    with pytest.raises(SecretNotFound):
        look(estate["prod"].environment, f"{NAME}-2", HANA)


def test_weaker_evidence_is_named_for_what_it_is(prod: Watched) -> None:
    estate, aws = prod
    found = look(estate["prod"].environment, NAME, HANA)
    assert [hint.source for hint in found.hints] == ["CloudTrail", "Secrets Manager"]
    aws.break_call("LookupEvents", "AccessDeniedException", "no")
    aws.break_call("ListSecretVersionIds", "ThrottlingException", "slowly")
    by_trail, by_dates = look(estate["prod"].environment, NAME, HANA).hints
    assert "not known: the console's role lacks cloudtrail:LookupEvents" in by_trail.text
    assert "not known" in by_dates.text
