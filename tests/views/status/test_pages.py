"""The status page: who sees what, how it is worded, and that it reads the database alone."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from secrets_ui.domain.status.status import StatusFinding, status_of
from secrets_ui.models import StatusRunner, StatusSnapshot, StatusSpan, WaitingRecord
from tests.conftest import SignedIn
from tests.views.reading import text_of

pytestmark = pytest.mark.django_db
TOKEN = {"Authorization": f"Bearer {'t' * 40}"}
FAIL = StatusFinding(
    "decrypt_is_allowed",
    "fail",
    "The key policy does not let the role decrypt.",
    page="troubleshoot",
    anchor="decrypt_is_allowed",
    since="2026-11-25T02:14:00+00:00",
)
WARN = StatusFinding(
    "no_placeholders",
    "warn",
    "It still has placeholders in GITHUB_TOKEN.",
    since="2026-11-25T02:14:00+00:00",
)
PASS = StatusFinding("secret_is_there", "pass", "It exists.", proof="DescribeSecret")
SECOND = StatusFinding(
    "reader_is_up_to_date", "unknown", "CloudTrail could not be asked.", weight="second opinion"
)


def keep(environment: str, secret: str, *findings: StatusFinding, age: int = 40) -> None:
    at = datetime.now(UTC) - timedelta(seconds=age)
    name = f"miyabi/{environment}/{secret}" if secret else ""
    kept = json.dumps([f.to_json() for f in findings])
    StatusSnapshot.objects.create(
        environment=environment, secret=name, status=status_of(findings), at=at, findings=kept
    )


@pytest.fixture
def healthy() -> None:
    for environment in ("dev", "staging", "prod"):
        keep(environment, "", PASS)
        keep(environment, "config", PASS, SECOND)
    keep("", "", PASS)


def headline(answer: Any) -> str:
    return str(answer.context["board"].headline.text)


def test_when_all_is_healthy_one_sentence_says_so(healthy: None, signed_in: SignedIn) -> None:
    answer = signed_in("viewer").get("/status")
    assert re.fullmatch(r"All three environments are healthy, checked 4\d s ago", headline(answer))
    assert 'id="trouble"' not in text_of(answer)


def test_trouble_comes_first_and_each_line_leads_to_what_explains_it(
    healthy: None, signed_in: SignedIn
) -> None:
    keep("prod", "api-keys", WARN, FAIL)
    keep("dev", "api-keys", WARN)
    page = text_of(signed_in("viewer").get("/status"))
    assert page.index(FAIL.text) < page.index(WARN.text)
    assert page.index('id="trouble"') < page.index('id="rows-dev"')
    assert 'href="/prod/troubleshoot/miyabi/prod/api-keys#decrypt_is_allowed"' in page
    assert 'href="/dev/secret/miyabi/dev/api-keys#findings"' in page
    assert "prod is not healthy: 1 failure since" in headline(signed_in("viewer").get("/status"))


def test_each_row_says_what_proved_it_when_and_what_was_not_checked(
    healthy: None, signed_in: SignedIn
) -> None:
    page = text_of(signed_in("viewer").get("/status"))
    assert "DescribeSecret" in page
    assert "CloudTrail could not be asked." in page
    assert re.search(r"4\d s ago", page)


def test_the_same_trouble_of_many_secrets_is_one_line(healthy: None, signed_in: SignedIn) -> None:
    for number in range(30):
        keep("prod", f"service-{number:02}", FAIL)
    answer = signed_in("viewer").get("/status")
    assert len(answer.context["troubles"]) == 1
    assert "The same holds for 29 other secrets." in text_of(answer)


def test_what_is_old_is_unknown_and_an_old_failure_stays_one(
    healthy: None, signed_in: SignedIn
) -> None:
    StatusSnapshot.objects.filter(environment="prod").update(
        at=datetime.now(UTC) - timedelta(minutes=20)
    )
    client = signed_in("viewer")
    assert headline(client.get("/status")) == "Unknown: prod was last checked 20 min ago"
    keep("staging", "api-keys", FAIL, age=3600)
    assert headline(client.get("/status")).startswith("staging is not healthy: 1 failure")


def test_before_the_first_pass_it_is_unknown(signed_in: SignedIn) -> None:
    answer = signed_in("viewer").get("/status")
    assert answer.context["board"].headline.status == "unknown"
    assert "No checks are scheduled" in text_of(answer)


def test_a_runner_that_is_gone_is_told_since_when_and_with_what_to_do(
    healthy: None, signed_in: SignedIn
) -> None:
    last = datetime.now(UTC) - timedelta(minutes=12)
    runner = StatusRunner.objects.create(pk=1, every=60, alive_at=last)
    client = signed_in("viewer")
    page = text_of(client.get("/status"))
    assert "Checks have stopped:" in page
    assert f"last sign at {last.day} {last:%b %Y, %H:%M:%S} UTC, 12 min ago." in page
    assert "--every 60</code>, or check now." in page
    told = client.get("/status.json").json()["runner"]
    assert (told["alive"], told["last_sign_at"]) == (False, last.isoformat(timespec="seconds"))
    runner.alive_at = datetime.now(UTC)
    runner.save()
    assert "Checks have stopped" not in text_of(client.get("/status"))


def test_a_person_sees_the_environments_of_theirs_alone(healthy: None, signed_in: SignedIn) -> None:
    keep("prod", "api-keys", FAIL)
    client = signed_in("viewer", "dev")
    assert "prod" not in text_of(client.get("/status"))
    assert headline(client.get("/status")).startswith("dev is healthy")
    assert client.get("/prod/status").status_code == 403
    assert [place["name"] for place in client.get("/status.json").json()["environments"]] == ["dev"]


def test_nobody_without_a_role_sees_any(healthy: None, signed_in: SignedIn) -> None:
    client = signed_in("nobody")
    for path in ("/status", "/dev/status", "/status.json"):
        assert client.get(path).status_code == 403


def test_a_link_into_the_audit_log_is_for_those_who_may_read_it(
    healthy: None, signed_in: SignedIn
) -> None:
    intent = StatusFinding(
        "no_open_intents", "warn", "The outcome is not on record.", "7", page="audit", anchor="7"
    )
    keep("dev", "api-keys", intent)
    assert 'href="/audit/7"' in text_of(signed_in("auditor").get("/status"))
    assert 'href="/audit/7"' not in text_of(signed_in("viewer").get("/status"))


@pytest.mark.slow
def test_three_thousand_secrets_are_told_within_two_seconds_without_a_word_to_aws(
    healthy: None, signed_in: SignedIn, django_assert_max_num_queries: Any
) -> None:
    """The endpoint of these settings is a port that nobody listens on."""
    now, kept = datetime.now(UTC), json.dumps([f.to_json() for f in (PASS, SECOND)])
    StatusSnapshot.objects.bulk_create(
        StatusSnapshot(
            environment=e, secret=f"miyabi/{e}/service-{n:04}", status="pass", at=now, findings=kept
        )
        for e in ("dev", "staging", "prod")
        for n in range(1000)
    )
    client = signed_in("viewer")
    client.get("/status")
    with django_assert_max_num_queries(14):
        # Of this process alone, so that a loaded machine does not decide.
        began = time.process_time()
        assert client.get("/status").status_code == 200
        assert time.process_time() - began < 2
    assert client.get("/prod/status").status_code == 200


def test_an_environment_s_rows_come_by_the_page_and_by_state(
    healthy: None, signed_in: SignedIn
) -> None:
    for number in range(120):
        keep("dev", f"service-{number:03}", PASS if number else FAIL)
    client = signed_in("viewer")
    first = client.get("/dev/status")
    assert len(first.context["rows"]) == 100
    second = client.get("/dev/status", {"after": first.context["after"]})
    assert len(second.context["rows"]) == 22
    assert not {r.secret for r in first.context["rows"]} & {
        r.secret for r in second.context["rows"]
    }
    assert [r.secret for r in client.get("/dev/status?status=fail").context["rows"]] == [
        "miyabi/dev/service-000"
    ]
    assert client.get("/dev/status?status=nonsense").status_code == 200


def test_the_history_is_drawn_and_told_in_words(healthy: None, signed_in: SignedIn) -> None:
    now = datetime.now(UTC)
    StatusSpan.objects.create(
        environment="prod", status="fail", began_at=now - timedelta(days=2), seen_at=now
    )
    page = text_of(signed_in("viewer").get("/status"))
    assert "The last 90 days of prod: a failure on 3 days (last on " in page
    assert page.count('class="day fail"') == 3


def test_the_wall_has_no_frame_around_it_and_tells_the_same(
    healthy: None, signed_in: SignedIn
) -> None:
    keep("prod", "api-keys", FAIL)
    page = text_of(signed_in("viewer").get("/status?wall"))
    assert ' wall"' in page
    assert FAIL.text in page
    assert 'http-equiv="refresh"' in page


def test_run_now_is_a_post_that_leaves_a_wish(healthy: None, signed_in: SignedIn) -> None:
    client = signed_in("viewer")
    assert client.get("/status/run").status_code == 405
    assert client.post("/status/run").headers["Location"] == "/status"
    assert StatusRunner.objects.get().wanted_at is not None
    assert "A check was asked for" in text_of(client.get("/status"))
    assert client.get("/status").context["refresh"] == 3


def test_names_and_texts_of_aws_are_inert(healthy: None, signed_in: SignedIn) -> None:
    keep(
        "dev",
        "<script>alert(1)</script>",
        StatusFinding("alarms_are_quiet", "fail", "The alarm <img src=x> is in alarm.", "<b>"),
    )
    for path in ("/status", "/dev/status", "/status?wall"):
        page = text_of(signed_in("viewer").get(path))
        assert "<script>alert" not in page
        assert "<img src=x>" not in page


def test_a_quiet_refresh_is_no_use_of_a_session(healthy: None, signed_in: SignedIn) -> None:
    client = signed_in("viewer")
    session = client.session
    session["seen"] = seen = int(time.time()) - 600
    session.save()
    client.get("/status", headers={"X-Quiet-Refresh": "1"})
    assert client.session["seen"] == seen
    client.get("/status")
    assert client.session["seen"] > seen


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {'t' * 40}"},
        {"Authorization": "Bearer"},
    ],
)
@pytest.mark.parametrize("path", ["/status.json", "/metrics"])
def test_programs_without_the_token_get_401(
    client: Client, settings: Any, path: str, headers: dict[str, str]
) -> None:
    settings.STATUS_TOKEN = settings.METRICS_TOKEN = "t" * 40
    answer = client.get(path, headers=headers)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    settings.STATUS_TOKEN = settings.METRICS_TOKEN = ""
    assert client.get(path, headers=headers).status_code == 401


def test_the_token_opens_the_json_of_all_environments(
    healthy: None, client: Client, settings: Any
) -> None:
    settings.STATUS_TOKEN = "t" * 40
    keep("prod", "api-keys", FAIL, SECOND)
    result = client.get("/status.json", headers=TOKEN).json()
    assert result["status"] == "failing"
    prod = result["environments"][2]
    assert (prod["name"], prod["status"], prod["secrets"]) == (
        "prod",
        "failing",
        {"failing": 1, "healthy": 1},
    )
    assert prod["findings"][0]["check"] == "decrypt_is_allowed"
    row = next(row for row in prod["rows"] if row["secret"] == "miyabi/prod/api-keys")
    assert [f["check"] for f in row["not_checked"]] == ["reader_is_up_to_date"]
    assert client.post("/status.json", headers=TOKEN).status_code == 405


def test_one_token_does_not_open_the_other(client: Client, settings: Any) -> None:
    settings.STATUS_TOKEN, settings.METRICS_TOKEN = "s" * 40, "t" * 40
    assert client.get("/status.json", headers=TOKEN).status_code == 401
    assert client.get("/metrics", headers=TOKEN).status_code == 200


def test_s16_metrics_tell_states_and_name_no_secret(
    healthy: None, client: Client, settings: Any
) -> None:
    settings.METRICS_TOKEN = "t" * 40
    keep(
        "prod",
        "api-keys",
        FAIL,
        StatusFinding(
            "alarms_are_quiet", "fail", "The alarm hidden-name is in alarm.", "hidden-name"
        ),
    )
    result = client.get("/metrics", headers=TOKEN).content.decode()
    assert 'miyabi_environment_state{environment="prod",state="failing"} 1.0' in result
    assert 'miyabi_environment_state{environment="dev",state="healthy"} 1.0' in result
    assert 'miyabi_secrets{environment="prod",state="failing"} 1.0' in result
    assert (
        'miyabi_findings{check="decrypt_is_allowed",environment="prod",status="failing"} 1.0'
        in result
    )
    for word in ("api-keys", "config", "miyabi/", "hidden-name", "GITHUB_TOKEN", "key policy"):
        assert word not in result


@pytest.mark.parametrize(
    ("findings", "holds"),
    [
        ([], 0),
        ([("audit_chain_holds", "pass")], 1),
        ([("audit_chain_holds", "warn"), ("audit_chain_holds", "pass")], 1),
        ([("events_are_delivered", "warn"), ("audit_chain_holds", "pass")], 1),
        ([("audit_chain_holds", "fail"), ("events_are_delivered", "pass")], 0),
    ],
)
def test_metrics_tell_whether_the_chain_holds_whatever_else_is_found_of_the_record(
    client: Client, settings: Any, findings: list[tuple[str, Any]], holds: int
) -> None:
    settings.METRICS_TOKEN = "t" * 40
    keep("", "", *(StatusFinding(check, status, "") for check, status in findings))
    WaitingRecord.objects.create(row="{}", actor="hana", at="2026-11-29T00:00:00.000000Z")
    result = client.get("/metrics", headers=TOKEN).content.decode()
    assert f"miyabi_audit_chain_holds {holds}.0" in result
    assert "miyabi_records_waiting 1.0" in result


def test_s87_metrics_show_no_version_host_arn_or_error_text(
    healthy: None, client: Client, settings: Any
) -> None:
    settings.METRICS_TOKEN = "t" * 40
    answer = client.get("/metrics", headers=TOKEN)
    result = (answer.content.decode() + json.dumps(dict(answer.headers))).lower()
    for word in (
        "python",
        "django",
        "sqlite",
        "arn:",
        "127.0.0.1",
        "testserver",
        "process_",
        "111111111111",
    ):
        assert word not in result
