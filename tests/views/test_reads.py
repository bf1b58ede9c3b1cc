"""The page of who read a secret, its exports, older reads, and the command."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from secrets_ui.domain.secrets.dates import as_moment
from secrets_ui.models import TrailCall, TrailPosition
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, SignedIn, Watched, as_toml, forget_configuration
from tests.views.reading import text_of

pytestmark = pytest.mark.django_db
NAME = "miyabi/prod/api-keys"
URL = f"/prod/reads/{NAME}"
OLDER = f"/prod/older-reads/{NAME}"
OUTSIDE = "444444444444"


def keep(reader: str, *ages: float, account: str = "", **more: Any) -> None:
    now = datetime.now(UTC)
    for age in ages:
        call = {"event": "GetSecretValue", "secret": NAME, "account": account} | more
        TrailCall.objects.create(
            environment="prod",
            event_id=f"{reader}-{age}",
            at=now - timedelta(days=age),
            reader=reader,
            **call,
        )


@pytest.fixture
def estate(watched: Watched) -> Estate:
    """What is kept: known for 80 days, of the Lambda, a job, a new one and one from outside."""
    estate, _ = watched(only=("prod",))
    now = datetime.now(UTC)
    TrailPosition.objects.create(
        environment="prod",
        event="GetSecretValue",
        since=now - timedelta(days=80),
        until=now,
        asked_at=now,
    )
    keep("role/miyabi-lambda-execution", 1, 2, 3, 40)
    keep("role/miyabi-console (hana)", 1.5, is_ours=True)
    keep("role/ci", 2.5, address="203.0.113.7")
    keep("arn:aws:iam::444444444444:role/backup", 1.2, 35, 36, account=OUTSIDE)
    keep("user/yuki", 4, event="PutSecretValue", version="a" * 32)
    keep("user/mallory", 5, error="AccessDenied")
    keep("role/other", 1, secret="miyabi/prod/config")
    return estate


def test_the_list_and_the_page_of_a_secret_tell_the_same_last_read(
    estate: Estate, signed_in: SignedIn
) -> None:
    client = signed_in("viewer")
    client.get("/prod/")
    keep("role/ci", 0)
    last = TrailCall.objects.order_by("-at")[0].at
    told = f'title="{as_moment(last)}">today</time>'
    for page in ("/prod/", f"/prod/secret/{NAME}"):
        assert told in client.get(page).getvalue().decode()


def test_it_tells_by_reader_who_stands_out(estate: Estate, signed_in: SignedIn) -> None:
    answer = signed_in("viewer").get(URL)
    page = text_of(answer)
    assert answer.status_code == 200
    assert "4 readers in 30 days: 1 from outside the account and 2 new" in page
    readers = [reader.name for reader in answer.context["found"].readers]
    assert readers == [
        "arn:aws:iam::444444444444:role/backup",
        "role/ci",
        "role/miyabi-lambda-execution",
        "role/miyabi-console (hana)",
        "user/mallory",
        "user/yuki",
    ]
    assert f"outside: {OUTSIDE}" in page
    assert "this console" in page
    assert "GetSecretValue: AccessDenied" in page
    assert "role/other" not in page
    assert page.count('<g class="panel') == 4
    assert page.count('<rect class="bar') == 4 * 30


def test_the_filter_picks_and_the_exports_hold_what_it_picks(
    estate: Estate, signed_in: SignedIn
) -> None:
    client = signed_in("auditor")
    page = client.get(f"{URL}?kind=refused&days=7")
    assert [call.reader for call in page.context["found"].calls] == ["user/mallory"]
    rows = list(
        csv.DictReader(
            io.StringIO(client.get(f"{URL}?reader=backup&as=csv").content.decode("utf-8-sig"))
        )
    )
    assert [(row["reader"], row["outside"]) for row in rows] == [
        ("arn:aws:iam::444444444444:role/backup", "True")
    ]
    document = json.loads(client.get(f"{URL}?as=json&kind=changes").content)
    assert [(call["event"], call["version"]) for call in document["calls"]] == [
        ("PutSecretValue", "a" * 32)
    ]
    assert len(document["readers"]) == 6
    assert client.get(f"{URL}?days=3").status_code == 400


def test_somebody_outside_who_is_expected_stands_out_no_more(
    estate: Estate, signed_in: SignedIn, settings: Any
) -> None:
    backup = f"arn:aws:iam::{OUTSIDE}:role/backup"
    expecting = replace(estate["prod"].environment, readers=(backup, "role/ci"))
    settings.ENVIRONMENTS_FILE.write_text(as_toml({"prod": expecting}), encoding="utf-8")
    forget_configuration()
    answer = signed_in("viewer").get(URL)
    assert "4 readers in 30 days<" in text_of(answer)
    assert f"outside: {OUTSIDE}" in text_of(answer)
    assert not [r.name for r in answer.context["found"].readers if r.stands_out]


def test_not_known_is_never_nobody(estate: Estate, signed_in: SignedIn) -> None:
    client = signed_in("viewer")
    until = datetime.now(UTC) - timedelta(hours=2)
    TrailPosition.objects.update(until=until, problem="the console's role lacks x:Y")
    page = text_of(client.get(f"{URL}?days=90"))
    assert "Not known since" in page
    assert "the console’s role lacks x:Y" in page or "the console&#x27;s role lacks x:Y" in page
    assert "Not known before" in page
    assert "Changes are not known yet." in page
    TrailPosition.objects.update(problem="")
    page = text_of(client.get(f"{URL}?days=7"))
    assert "Not known since" not in page
    TrailPosition.objects.update(until=datetime.now(UTC) - timedelta(hours=4))
    page = text_of(client.get(f"{URL}?days=7"))
    assert "Not known since" in page
    assert "Not known before" not in page
    TrailPosition.objects.all().delete()
    TrailCall.objects.all().delete()
    page = text_of(client.get(URL))
    assert "Who read it in 30 days is not known yet" in page
    assert "Calls are not known yet" in page
    assert not re.search("<h2[^>]*>0 ", page)
    assert "Not known yet." in page
    assert "does not mean that nobody read it" in page


def test_the_page_asks_aws_nothing(
    estate: Estate, recorder: RecordingAws, signed_in: SignedIn
) -> None:
    recorder.received.clear()
    assert signed_in("viewer").get(URL).status_code == 200
    assert recorder.received == []


def name_a_log_group(estate: Estate, settings: Any) -> None:
    named = replace(estate.environments["prod"], trail_log_group="/miyabi/prod/cloudtrail")
    settings.ENVIRONMENTS_FILE.write_text(as_toml(estate.environments | {"prod": named}))
    forget_configuration()


def answer_a_query(aws: RecordingAws, status: str, *events: dict[str, Any]) -> None:
    rows = [[{"field": "@message", "value": json.dumps(event)}] for event in events]
    aws.answer("StartQuery", 200, b'{"queryId": "q-1"}')
    body = json.dumps({"status": status, "results": rows}).encode()
    aws.answer("GetQueryResults", 200, body)


def test_older_calls_come_from_the_log_group_and_are_not_kept(
    estate: Estate, recorder: RecordingAws, signed_in: SignedIn, settings: Any
) -> None:
    name_a_log_group(estate, settings)
    event = {
        "eventID": "0a1b2c3d-old",
        "eventTime": "2026-01-05T10:00:00Z",
        "eventName": "GetSecretValue",
        "userIdentity": {"arn": f"arn:aws:iam::{OUTSIDE}:user/old", "accountId": OUTSIDE},
        "requestParameters": {"secretId": NAME},
    }
    longer = event | {"requestParameters": {"secretId": f"{NAME}-2"}}
    answer_a_query(recorder, "Complete", event, longer)
    kept = TrailCall.objects.count()
    client = signed_in("auditor")
    assert "Ask Logs Insights" in text_of(client.get(URL))
    page = client.post(OLDER)
    assert [call.reader for call in page.context["older"].calls] == [
        f"arn:aws:iam::{OUTSIDE}:user/old"
    ]
    assert "1 call" in text_of(page)
    assert TrailCall.objects.count() == kept


@pytest.mark.parametrize(
    ("status", "told"), [("Failed", "ended as Failed"), ("Timeout", "ended as Timeout")]
)
def test_a_query_that_has_no_answer_is_an_error_and_not_nobody(
    estate: Estate,
    recorder: RecordingAws,
    signed_in: SignedIn,
    settings: Any,
    status: str,
    told: str,
) -> None:
    name_a_log_group(estate, settings)
    answer_a_query(recorder, status)
    answer = signed_in("auditor").post(OLDER)
    assert told in text_of(answer, 504)


def test_without_a_log_group_it_says_what_to_set(estate: Estate, signed_in: SignedIn) -> None:
    client = signed_in("auditor")
    assert "Ask Logs Insights" not in text_of(client.get(URL))
    answer = client.post(OLDER)
    assert "trail_log_group" in text_of(answer, 409)


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("reads", "prod", "api-keys", *arguments, stdout=out)
    return int(str(ended.value.code)), out.getvalue()


def test_the_command_s_status_says_whether_somebody_stands_out(estate: Estate) -> None:
    status, said = run("--days", "30")
    assert status == 1
    assert "OUTSIDE" in said
    assert "NEW on" in said
    assert "Changes: Not known yet." in said
    assert json.loads(run("--json")[1])["total"] == 11
    TrailCall.objects.exclude(reader__contains="lambda").delete()
    assert run("--days", "30")[0] == 0
    assert run("--days", "90")[0] == 2
    assert run("--days", "81")[0] == 2
    TrailPosition.objects.update(until=datetime.now(UTC) - timedelta(hours=4))
    assert run("--days", "30")[0] == 2
    with pytest.raises(CommandError):
        call_command("reads", "nowhere", "api-keys")
