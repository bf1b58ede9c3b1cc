"""The page that says whether a version has arrived, its JSON, and the command."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from secrets_ui.domain.secrets import arrival, rollout
from secrets_ui.management.answering import NOT_KNOWN
from secrets_ui.management.commands import rollout as command
from testkit.function_log import loader_line, write_line
from testkit.posting import JSON, current_version, key_form, prod_rules
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, SignedIn

pytestmark = pytest.mark.django_db
NAME = "miyabi/prod/api-keys"
PAGE = f"/prod/rollout/{NAME}"
Watched = tuple[Estate, RecordingAws]


@pytest.fixture
def prod(watched: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Of which every version is old enough for its lines to be there, and whose function, made with
    it, has not changed since any of them.
    """
    monkeypatch.setattr(arrival, "UNDER_WAY", timedelta(0))
    monkeypatch.setattr(rollout, "ENDED_WITHIN", timedelta(days=1))
    return watched(only=("prod",))


def current(estate: Estate) -> str:
    return current_version(estate, "prod", "api-keys")


def write(estate: Estate, stream: str, version: str = "", minutes_ago: float = 0) -> None:
    line = loader_line({NAME: version or current(estate)})
    write_line(estate["prod"], stream, line, minutes_ago)


def test_the_notice_of_a_save_leads_to_a_bar_that_fills(prod: Watched, signed_in: SignedIn) -> None:
    estate, aws = prod
    write(estate, "a", minutes_ago=10)
    write(estate, "b", minutes_ago=10)
    client = signed_in("editor", "prod")
    form = key_form(current(estate), ("MIYABI_ACCESS_TOKEN", "set", "n" * 40), **prod_rules(NAME))
    saved = client.post(f"/prod/edit/{NAME}", form, **JSON).json()["saved"]
    assert f'href="{PAGE}"' in client.get(saved).content.decode()

    write(estate, "a")
    page = client.get(PAGE)
    assert '<progress class="arriving" max="100" value="50"' in page.content.decode()
    assert 'data-refresh="15"' in page.content.decode()
    assert f'href="/prod/refresh/{NAME}"' in page.content.decode()
    write(estate, "b")
    page = client.get(PAGE)
    assert "The version has arrived" in page.content.decode()
    assert 'data-refresh="300"' in page.content.decode()
    assert "/prod/refresh/" not in page.content.decode()
    assert "LookupEvents" in aws.operations()
    aws.received.clear()
    assert (
        "Weaker evidence" not in client.get(PAGE, headers={"X-Quiet-Refresh": "1"}).content.decode()
    )
    assert "LookupEvents" not in aws.operations()


def test_what_aws_refuses_is_shown_with_its_code_and_is_no_no(
    prod: Watched, signed_in: SignedIn
) -> None:
    _, aws = prod
    aws.break_call("FilterLogEvents", "AccessDeniedException", "no")
    answer = signed_in("viewer", "prod").get(PAGE)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "It is not known whether the version has arrived" in text
    assert "AWS error code <code" in text
    assert "AccessDeniedException" in text
    assert "aws logs filter-log-events --log-group-name /aws/lambda/miyabi-app" in text


def test_s117_no_line_of_the_log_brings_a_value_to_a_page(
    prod: Watched, signed_in: SignedIn, canary: str
) -> None:
    """A reader that tells the value where the version should stand, or beside it."""
    estate, _ = prod
    write(estate, "a", canary)
    line = json.loads(loader_line({NAME: current(estate)}))
    line["miyabi_secrets"] |= {"value": canary, "at": canary, "initialization_type": canary}
    write_line(estate["prod"], "b", json.dumps(line | {"message": canary}))
    client = signed_in("viewer", "prod")
    page, as_json = client.get(PAGE).content.decode(), client.get(f"{PAGE}?as=json").content
    assert "a version that AWS does not list" in page
    assert [entry["version_id"] for entry in json.loads(as_json)["instances"]] == [
        None,
        current(estate),
    ]
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("rollout", "prod", "api-keys", stdout=out)
    assert canary not in page + as_json.decode() + out.getvalue()


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rollout", "prod", "api-keys", *arguments, stdout=out, stderr=StringIO())
    return int(ended.value.code or 0), out.getvalue()


def test_the_command_s_status_tells_a_pipeline(prod: Watched) -> None:
    estate, aws = prod
    assert run()[0] == NOT_KNOWN
    write(estate, "a", "o" * 32)
    status, text = run()
    assert status == command.NOT_YET
    assert "another version (not listed)" in text
    assert "Another version was last read: 20" in text
    write(estate, "a")
    status, text = run("--json")
    assert (status, json.loads(text)["arrived"]) == (command.ARRIVED, True)
    aws.break_call("DescribeSecret", "AccessDeniedException", "no")
    with pytest.raises(CommandError) as caught:
        call_command("rollout", "prod", "api-keys")
    assert caught.value.returncode == NOT_KNOWN


def test_the_command_waits_until_it_has_arrived_and_no_longer(
    prod: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate, aws = prod
    write(estate, "a", "o" * 32)
    slept = list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        write(estate, "a")

    monkeypatch.setattr(command, "sleep", sleep)
    assert run("--wait", "60")[0] == command.ARRIVED
    assert slept == [command.EVERY]
    # What AWS refuses to tell does not come by waiting.
    aws.break_call("FilterLogEvents", "AccessDeniedException", "no")
    assert run("--wait", "60")[0] == NOT_KNOWN
    assert slept == [command.EVERY]


def test_the_command_waits_no_longer_for_a_version_that_is_not_current_any_more(
    prod: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate, _ = prod
    first = current(estate)
    write(estate, "a", "o" * 32)
    slept = list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        client = estate["prod"].clients.secretsmanager
        client.put_secret_value(SecretId=NAME, SecretString="{}")

    monkeypatch.setattr(command, "sleep", sleep)
    status, text = run("--wait", "60")
    assert (status, slept) == (command.NOT_CURRENT, [command.EVERY])
    assert "Another version is current by now." in text
    assert first[-8:] in text


def test_what_aws_cannot_answer_for_now_is_asked_again_while_the_command_waits(
    prod: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate, aws = prod
    write(estate, "a")
    aws.break_call("DescribeSecret", "ThrottlingException", "Rate exceeded")

    def sleep(seconds: float) -> None:
        assert seconds == command.EVERY
        aws.mend()

    monkeypatch.setattr(command, "sleep", sleep)
    assert run("--wait", "60")[0] == command.ARRIVED
