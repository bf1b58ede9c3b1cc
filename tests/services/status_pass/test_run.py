"""Passes over an estate in a local AWS: what is kept, what changes, and what a pass asks of AWS."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection

from deploy.demo.account import write_outside_the_console
from deploy.demo.github import GitHub, Token, in_days
from secrets_ui.checks import status as status_checks
from secrets_ui.domain.status.status import StatusFinding
from secrets_ui.models import (
    AuditRecord,
    StatusDelivery,
    StatusRunner,
    StatusSnapshot,
    StatusSpan,
    ValueTrial,
)
from secrets_ui.services import configuration
from secrets_ui.services.status.board import StatusBoard
from secrets_ui.services.status.read import read_status
from secrets_ui.services.status_pass.lock import LockHeld
from secrets_ui.services.status_pass.run import Pass, _pass_over_environments, run_status_pass
from testkit.posting import current_version, edit_url, key_form
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, Watched

pytestmark = pytest.mark.django_db
DENIED_BY_IAM = (
    b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
)


@pytest.fixture
def watched(watched: Watched) -> Watched:
    """Refuses at once what the local AWS lacks: its faults would be retried with pauses."""

    def make(**options: Any) -> tuple[Estate, RecordingAws]:
        estate, aws = watched(**options)
        aws.break_call("LookupEvents", "AccessDeniedException", "no")
        aws.answer("SimulatePrincipalPolicy", 403, DENIED_BY_IAM)
        return estate, aws

    return make


@pytest.fixture
def dev(watched: Watched, settings: Any, tmp_path: Any) -> tuple[Estate, RecordingAws]:
    """dev alone, so that a pass has one environment."""
    estate, aws = watched(only=("dev",))
    _leave_only(settings, "dev")
    return estate, aws


def _leave_only(settings: Any, *names: str) -> None:
    text = settings.ENVIRONMENTS_FILE.read_text()
    tables = text.split("[environments.")
    kept = [t for t in tables[1:] if t.partition("]")[0].partition(".")[0] in names]
    settings.ENVIRONMENTS_FILE.write_text("".join(f"[environments.{t}" for t in kept))
    configuration.environments.cache_clear()


def board() -> StatusBoard:
    return read_status(list(configuration.environments().values()))


def findings(environment: str = "dev", secret: str = "") -> dict[str, StatusFinding]:
    name = f"miyabi/{environment}/{secret}" if secret else ""
    kept = StatusSnapshot.objects.get(environment=environment, secret=name)
    return {f["check"]: StatusFinding.from_json(f) for f in json.loads(kept.findings)}


def result(done: Pass) -> list[tuple[str, str]]:
    return [(event.kind, event.check) for event in done.events]


def test_a_clean_estate_is_healthy_and_a_second_pass_reads_no_value(watched: Watched) -> None:
    _, aws = watched()
    first = run_status_pass()
    assert [(p.current.name, p.current.status) for p in board().environments] == [
        ("dev", "pass"),
        ("staging", "pass"),
        ("prod", "pass"),
    ]
    assert board().headline.text.startswith("All three environments are healthy, checked ")
    assert (first.secrets, first.events) == (6, ())
    assert aws.operations().count("GetSecretValue") == 6
    aws.received.clear()
    run_status_pass()
    assert "GetSecretValue" not in aws.operations()
    assert {call.person for call in aws.received} <= {"console=run_checks", ""}


def test_the_demo_s_flaws_are_found(watched: Watched) -> None:
    watched(clean=False)
    run_status_pass()
    trouble = {(t.environment, t.finding.check, t.finding.status) for t in board().troubles}
    assert {
        ("dev", "keys_are_complete", "fail"),
        ("dev", "no_placeholders", "warn"),
        ("staging", "decrypt_is_allowed", "fail"),
        ("staging", "alarms_are_quiet", "fail"),
        ("prod", "environments_are_kept_apart", "warn"),
        ("prod", "only_this_console_changes", "warn"),
    } <= trouble
    assert board().headline.text.startswith("dev and staging are not healthy: ")


def test_each_value_read_is_on_record(dev: tuple[Estate, RecordingAws]) -> None:
    run_status_pass()
    reads = AuditRecord.objects.filter(action="value.read", phase="outcome", actor="run_checks")
    assert sorted(reads.values_list("secret", flat=True)) == [
        "miyabi/dev/api-keys",
        "miyabi/dev/config",
    ]


def test_a_save_in_this_console_is_no_outside_change(
    dev: tuple[Estate, RecordingAws], signed_in: Callable[..., Any]
) -> None:
    estate, _ = dev
    run_status_pass()
    form = key_form(current_version(estate, "dev", "config"), ("MIYABI_ROOT", "set", "/srv/miyabi"))
    assert (
        signed_in("editor")
        .post(edit_url("dev", "config"), form, HTTP_ACCEPT="application/json")
        .status_code
        == 200
    )
    done = run_status_pass()
    assert findings(secret="config")["only_this_console_changes"].status == "pass"
    assert ("began", "only_this_console_changes") not in result(done)


def test_a_version_made_outside_is_found_and_told_once(dev: tuple[Estate, RecordingAws]) -> None:
    estate, _ = dev
    run_status_pass()
    write_outside_the_console(estate["dev"], "config", {"MIYABI_REPO_OWNER": "somebody"})
    done = run_status_pass()
    found = findings(secret="config")["only_this_console_changes"]
    assert found.status == "warn"
    assert found.text.endswith("By whom is not known.")  # the local AWS has no CloudTrail
    assert ("began", "only_this_console_changes") in result(done)
    assert ("began", "only_this_console_changes") not in result(run_status_pass())


def test_a_moved_label_a_policy_and_a_deletion_are_found(dev: tuple[Estate, RecordingAws]) -> None:
    estate, _ = dev
    client, name = estate["dev"].clients.secretsmanager, "miyabi/dev/config"
    first = current_version(estate, "dev", "config")
    run_status_pass()
    client.put_resource_policy(
        SecretId=name, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": []})
    )
    client.update_secret_version_stage(SecretId=name, VersionStage="PIN", MoveToVersionId=first)
    run_status_pass()
    texts = " ".join(
        f["text"]
        for f in json.loads(StatusSnapshot.objects.get(secret=name).findings)
        if f["status"] == "warn"
    )
    assert "its resource policy was changed" in texts
    assert "the label PIN was moved" in texts
    client.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    run_status_pass()
    assert findings(secret="config")["secret_is_there"].status == "fail"


def test_a_changed_key_policy_is_the_environment_s(dev: tuple[Estate, RecordingAws]) -> None:
    estate, _ = dev
    run_status_pass()
    kms, key = estate["dev"].clients.kms, estate["dev"].key_arn
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"][0]["Sid"] = "Renamed"
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    run_status_pass()
    found = findings()["only_this_console_changes"]
    assert found.status == "warn"
    assert "the policy of key" in found.text


def test_a_secret_that_goes_is_told_and_leaves_no_row(dev: tuple[Estate, RecordingAws]) -> None:
    estate, _ = dev
    client = estate["dev"].clients.secretsmanager
    client.create_secret(Name="miyabi/dev/extra", SecretString='{"A": "b"}')
    run_status_pass()
    assert board().environments[0].secrets == 3
    client.delete_secret(SecretId="miyabi/dev/extra", ForceDeleteWithoutRecovery=True)
    run_status_pass()
    assert not StatusSnapshot.objects.filter(secret="miyabi/dev/extra").exists()
    assert "miyabi/dev/extra is no longer there" in findings()["only_this_console_changes"].text


def test_a_missing_secret_of_the_catalogue_is_a_failure(dev: tuple[Estate, RecordingAws]) -> None:
    estate, _ = dev
    estate["dev"].clients.secretsmanager.delete_secret(
        SecretId="miyabi/dev/config", ForceDeleteWithoutRecovery=True
    )
    run_status_pass()
    assert findings(secret="config")["secret_is_there"].status == "fail"


def test_while_aws_is_away_the_last_results_stay_and_grow_old(
    dev: tuple[Estate, RecordingAws], settings: Any
) -> None:
    _, aws = dev
    run_status_pass()
    for operation in (
        "ListSecrets",
        "DescribeSecret",
        "GetCallerIdentity",
        "GetRole",
        "DescribeKey",
    ):
        # As good as away, and not tried again.
        aws.break_call(operation, "UnrecognizedClientException", "no")
    StatusSnapshot.objects.exclude(secret="").update(at=datetime.now(UTC) - timedelta(hours=1))
    done = run_status_pass()
    found = board()
    assert (found.environments[0].current.status, found.headline.status) == ("unknown", "unknown")
    assert "AWS did not answer" in found.headline.text or "dev" in found.headline.text
    # Kept, and no longer shown as such.
    assert StatusSnapshot.objects.get(secret="miyabi/dev/config").status == "pass"
    assert found.environments[0].counts == {"unknown": 2}
    assert result(done) == []  # one lost answer is no event
    assert ("began", "aws_answers") in result(run_status_pass())


def test_where_a_part_is_denied_the_rest_is_told(dev: tuple[Estate, RecordingAws]) -> None:
    _, aws = dev
    aws.break_call("GetKeyPolicy", "AccessDeniedException", "no")
    aws.break_call("DescribeAlarms", "AccessDenied", "no")
    run_status_pass()
    found = findings(secret="config")
    assert found["decrypt_is_allowed"].status == "unknown"
    assert found["secret_is_there"].status == found["keys_are_complete"].status == "pass"
    assert board().environments[0].current.status == "unknown"


def test_without_the_right_to_list_the_catalogue_s_secrets_are_still_looked_at(
    dev: tuple[Estate, RecordingAws],
) -> None:
    _, aws = dev
    aws.break_call("ListSecrets", "AccessDeniedException", "no")
    run_status_pass()
    assert findings(secret="config")["secret_is_there"].status == "pass"
    assert "secretsmanager:ListSecrets" in findings()["aws_answers"].text


def test_one_environment_s_trouble_stops_no_other(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    from secrets_ui.services.status_pass import run as module

    watched()
    real = module.watch_environment

    def broken(environment: Any, step: Any) -> Any:
        if environment.name == "staging":
            raise ZeroDivisionError("a detail")
        return real(environment, step)

    monkeypatch.setattr(module, "watch_environment", broken)
    run_status_pass()
    assert [(p.current.name, p.current.status) for p in board().environments][1] == (
        "staging",
        "unknown",
    )
    assert findings("staging")["pass_was_done"].text.startswith(
        "staging could not be checked: ZeroDivisionError"
    )
    assert board().environments[0].secrets == board().environments[2].secrets == 2


def test_a_check_that_raises_is_kept_as_unknown(
    dev: tuple[Estate, RecordingAws], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(given: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(status_checks.no_placeholders, "check", broken)
    run_status_pass()
    assert findings(secret="config")["no_placeholders"].status == "unknown"
    assert findings(secret="config")["keys_are_complete"].status == "pass"


def test_events_are_put_in_the_outbox_once_for_each_channel(
    dev: tuple[Estate, RecordingAws], settings: Any
) -> None:
    settings.STATUS_WEBHOOK_URL, settings.STATUS_EMAIL_TO = (
        "https://hooks.miyabi-world.com/x",
        ["oncall@miyabi-world.com"],
    )
    estate, _ = dev
    run_status_pass()
    write_outside_the_console(estate["dev"], "config", {"MIYABI_REPO_OWNER": "somebody"})
    run_status_pass()
    run_status_pass()
    kept = [
        (d.channel, json.loads(d.payload)["event"]["check"]) for d in StatusDelivery.objects.all()
    ]
    assert len(kept) == len(set(kept)) >= 4
    assert ("webhook", "only_this_console_changes") in kept
    assert ("email", "only_this_console_changes") in kept


def test_no_value_is_kept(dev: tuple[Estate, RecordingAws], canary: str) -> None:
    estate, _ = dev
    write_outside_the_console(estate["dev"], "config", {"MIYABI_ROOT": canary, "EXTRA": canary})
    run_status_pass()
    run_status_pass()
    with connection.cursor() as cursor:
        for table in ("snapshot", "span", "runner", "delivery"):
            cursor.execute(f"SELECT * FROM secrets_ui_status{table}")
            assert canary not in repr(cursor.fetchall())


def test_the_history_is_one_span_while_nothing_changes(dev: tuple[Estate, RecordingAws]) -> None:
    for _ in range(3):
        run_status_pass()
    assert StatusSpan.objects.count() == 1
    StatusSpan.objects.update(seen_at=datetime.now(UTC) - timedelta(hours=2))
    run_status_pass()
    assert StatusSpan.objects.count() == 2  # between them nobody looked
    assert [day.status for day in board().environments[0].days][-1] == "pass"


def test_a_pass_says_what_it_took_and_ends_the_wish_for_one(
    dev: tuple[Estate, RecordingAws],
) -> None:
    StatusRunner.objects.create(pk=1, wanted_at=datetime.now(UTC))
    run_status_pass(lambda: {"iam.GetRole": 2})
    row = StatusRunner.objects.get()
    assert (row.wanted_at, json.loads(row.took)["calls"]) == (None, {"iam.GetRole": 2})
    assert row.ended_at is not None


def test_the_record_is_verified_up_to_a_checkpoint(dev: tuple[Estate, RecordingAws]) -> None:
    run_status_pass()
    last = AuditRecord.objects.latest("sequence")
    found = findings("")["audit_chain_holds"]
    assert (found.status, f"{last.sequence}:{last.hash}" in found.text) == ("pass", True)


def test_a_database_error_of_one_environment_costs_only_itself(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    from secrets_ui.services.status_pass import keep

    watched()
    write = keep._write

    def broken(environment: str, snapshots: Any, gone: Any) -> None:
        if environment == "dev" and len(snapshots) > 1:
            raise DatabaseError("a detail")
        write(environment, snapshots, gone)

    monkeypatch.setattr(keep, "_write", broken)
    run_status_pass()
    statuses = [(p.current.name, p.current.status) for p in board().environments]
    assert statuses == [("dev", "unknown"), ("staging", "pass"), ("prod", "pass")]
    assert "DatabaseError" in findings("dev")["pass_was_done"].text
    assert "a detail" not in findings("dev")["pass_was_done"].text
    assert StatusRunner.objects.get().ended_at is not None


def test_a_lost_lock_ends_the_pass(
    dev: tuple[Estate, RecordingAws], monkeypatch: pytest.MonkeyPatch
) -> None:
    from secrets_ui.services.status_pass import lock

    monkeypatch.setattr(lock, "RENEW_EVERY", 0)
    with lock.pass_lock():
        StatusRunner.objects.update(holder="elsewhere:1")
        with pytest.raises(LockHeld):
            _pass_over_environments(lock.Renewal())
    assert not StatusSnapshot.objects.exists()


def test_trouble_with_the_record_costs_no_environment(
    dev: tuple[Estate, RecordingAws], monkeypatch: pytest.MonkeyPatch
) -> None:
    from secrets_ui.services.status_pass import records

    def broken(*args: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(records, "_verify", broken)
    run_status_pass()
    assert board().environments[0].current.status == "pass"
    assert findings("")["pass_was_done"].status == "unknown"


def test_values_are_tried_once_a_day_and_what_is_refused_is_a_failure(
    dev: tuple[Estate, RecordingAws], github: GitHub
) -> None:
    token = json.loads(dev[0].value("dev", "api-keys"))["GITHUB_TOKEN"]
    github.tokens[token] = Token(expires=in_days(9))

    def told() -> dict[str, str]:
        kept = StatusSnapshot.objects.get(environment="dev", secret="miyabi/dev/api-keys")
        found = [f for f in json.loads(kept.findings) if f["check"] == "credentials_work"]
        return {f["about"]: f["status"] for f in found}

    first = run_status_pass()
    assert told() == {"GITHUB_TOKEN": "warn", "GITHUB_OAUTH_CLIENT_SECRET": "fail"}
    assert result(first).count(("began", "credentials_work")) == 2
    asked = len(github.log)
    assert asked == 2
    assert run_status_pass().events == ()
    assert len(github.log) == asked

    github.tokens[token].is_revoked = True
    ValueTrial.objects.update(at=datetime.now(UTC) - timedelta(days=1))
    assert ("changed", "credentials_work") in result(run_status_pass())
    assert told()["GITHUB_TOKEN"] == "fail"

    # The way out is gone: no answer takes a refusal back, and no failure is made of it.
    github.wrong = "closed"
    ValueTrial.objects.update(at=datetime.now(UTC) - timedelta(days=1))
    assert run_status_pass().events == ()
    ValueTrial.objects.update(answer="", at=datetime.now(UTC) - timedelta(hours=1))
    run_status_pass()
    assert told() == {"GITHUB_TOKEN": "unknown", "GITHUB_OAUTH_CLIENT_SECRET": "unknown"}
    assert findings(secret="api-keys")["credentials_work"].weight == "second opinion"
