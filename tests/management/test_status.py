"""manage.py status and run_checks: for people and for pipelines."""

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from secrets_ui.domain.status.status import StatusFinding
from secrets_ui.models import StatusRunner
from tests.services.status_pass.test_lock import held_by
from tests.views.status.test_pages import FAIL, PASS, SECOND, WARN, keep

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("status", *arguments, stdout=out)
    return int(ended.value.code or 0), out.getvalue()


@pytest.fixture(autouse=True)
def healthy() -> None:
    for environment in ("dev", "staging", "prod"):
        keep(environment, "", PASS)
    keep("", "", PASS)


def test_all_healthy_is_status_0() -> None:
    keep("prod", "config", PASS, SECOND)
    status, result = run()
    assert status == 0
    assert result.startswith("All three environments are healthy, checked 4")


def test_a_warning_stops_no_pipeline_and_is_told() -> None:
    keep("prod", "config", WARN)
    status, result = run()
    assert (status, "warning  It still has placeholders" in result) == (0, True)


def test_a_failure_is_status_1_and_counts_more_than_what_is_not_known() -> None:
    keep("prod", "config", FAIL)
    keep("dev", "config", StatusFinding("aws_answers", "unknown", "Not known."))
    status, result = run()
    assert (status, "failing  The key policy does not let the role decrypt." in result) == (1, True)


def test_one_environment_can_be_asked_for() -> None:
    keep("prod", "config", FAIL)
    assert run("--environment", "dev")[0] == 0
    assert run("--environment", "prod")[0] == 1
    with pytest.raises(CommandError, match="no environment called nowhere"):
        call_command("status", "--environment", "nowhere")


def test_what_is_not_known_or_old_is_status_2() -> None:
    keep("prod", "config", PASS, age=3600)
    assert run("--environment", "prod")[0] == 2
    keep("dev", "config", StatusFinding("aws_answers", "unknown", "Not known."))
    assert run("--environment", "dev")[0] == 2


def test_a_broken_audit_chain_is_status_1_where_all_is_asked_for() -> None:
    keep("", "x", PASS)
    from secrets_ui.models import StatusSnapshot

    broken = StatusFinding(
        "audit_chain_holds", "fail", "The audit chain does not hold: Record 7 is missing."
    )
    StatusSnapshot.objects.filter(environment="", secret="").update(
        status="fail", findings=json.dumps([broken.to_json()])
    )
    assert run()[0] == 1
    assert run("--environment", "prod")[0] == 0


def test_as_json_it_is_what_the_page_s_json_is() -> None:
    keep("prod", "config", FAIL)
    status, result = run("--json")
    report = json.loads(result)
    assert (status, report["status"]) == (1, "failing")
    assert report["environments"][2]["findings"][0]["text"] == FAIL.text


def test_control_characters_do_not_reach_the_terminal() -> None:
    keep("prod", "config", StatusFinding("alarms_are_quiet", "fail", "The alarm \x1b[2J rings."))
    assert "\x1b" not in run()[1]


def test_a_runner_that_is_gone_is_told() -> None:
    keep("prod", "config", PASS)
    assert "Nobody looks" not in run("--environment", "prod")[1]
    StatusRunner.objects.create(pk=1, every=60, alive_at=datetime(2026, 11, 25, 2, 14, tzinfo=UTC))
    last = run("--environment", "prod")[1].splitlines()[-1]
    assert last.endswith("the status runner gave its last sign at 2026-11-25 02:14:00 UTC.")


def test_run_checks_says_who_is_at_it() -> None:
    held_by("elsewhere:1", 60)
    with pytest.raises(CommandError, match="Another runner is at it: elsewhere:1"):
        call_command("run_checks")
