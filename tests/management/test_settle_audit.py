"""manage.py settle_audit: what it prints, and the exit status that a shell sees."""

import io
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.errors import ConsoleError
from secrets_ui.domain.people.actor import Actor
from secrets_ui.management.commands import settle_audit as settle_command
from secrets_ui.services import audit
from secrets_ui.services.audit import writing
from secrets_ui.services.changes.settle import open_intents
from secrets_ui.services.people.session_store import SessionStore
from testkit.intents import intend
from tests.conftest import Estate, forget_configuration

pytestmark = pytest.mark.django_db
HANA = Actor("hana")


def settle(*arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    out, errors = io.StringIO(), io.StringIO()
    try:
        call_command("settle_audit", *arguments, stdout=out, stderr=errors, no_color=True)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), errors.getvalue()
    return 0, out.getvalue(), errors.getvalue()


def intend_save() -> audit.Act:
    about = {"environment": "dev", "secret": "miyabi/dev/config", "base_version_id": "0" * 32}
    return intend(Action.SAVE, HANA, **about)


def test_nothing_open_says_nothing_and_is_status_0(dev: Estate) -> None:
    assert settle() == (0, "", "")


def test_an_open_intent_is_ended_and_named(dev: Estate) -> None:
    sequence = intend_save().sequence
    assert settle("--min-age", "0") == (
        0,
        f"Record {sequence} (secret.save): not_applied: AWS has no such version.\n",
        "",
    )
    assert settle("--min-age", "0") == (0, "", "")


def test_a_young_intent_is_left_alone(dev: Estate) -> None:
    intend_save()
    assert settle() == (0, "", "")
    assert len(open_intents()) == 1


def test_what_may_still_arrive_waits_and_no_alarm_takes_it_for_what_stays_open(
    dev: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets_ui.services.changes.settle.SETTLE_AFTER", 0)
    sequence = intend_save().sequence
    assert settle() == (
        1,
        f"Record {sequence} (secret.save): waits: what was sent in time may still reach AWS.\n",
        "",
    )


def test_waiting_ends_what_was_open_at_the_start(dev: Estate) -> None:
    intend_save()
    assert settle("--wait", "--min-age", "1")[0] == 0
    assert open_intents() == []


def test_while_aws_is_away_the_intent_stays_open_and_the_status_is_1(
    dev: Estate, settings: Any
) -> None:
    sequence = intend_save().sequence
    settings.LOCAL_AWS_ENDPOINT = "http://127.0.0.1:9"
    forget_configuration()
    status, out, errors = settle("--min-age", "0")

    assert status == 1
    assert out.startswith(f"Record {sequence} (secret.save): stays open: ")
    assert "dev: labels not checked: " in errors
    assert len(open_intents()) == 1


def test_beside_a_server_no_error_ends_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []

    class Clock:
        """Time that passes in pauses alone; after two of them the parent process is gone."""

        def monotonic(self) -> float:
            return 0.0

        def sleep(self, seconds: int) -> None:
            rounds.append(seconds)

        def getppid(self) -> int:
            return 1 if len(rounds) < 2 else 2

    def broken(min_age: int) -> Any:
        raise ZeroDivisionError("a detail")

    monkeypatch.setattr(settle_command, "time", Clock())
    monkeypatch.setattr(settle_command, "os", Clock())
    monkeypatch.setattr(settle_command, "settle_audit", broken)
    monkeypatch.setattr(settle_command.connections, "close_all", lambda: None)
    assert settle("--every", "60") == (0, "", "")
    assert rounds == [60, 60]
    logged = [record for record in caplog.records if record.getMessage() == "settling"]
    assert [record.exc_info[0] for record in logged if record.exc_info] == [ZeroDivisionError] * 2


def test_a_left_label_is_taken_off_and_named(dev: Estate) -> None:
    name = "miyabi/dev/config"
    act = intend_save()
    version = act.hash
    client = dev["dev"].clients.secretsmanager
    client.put_secret_value(
        SecretId=name,
        SecretString="{}",
        ClientRequestToken=version,
        VersionStages=[f"MIYABI-EDIT-{version[:12]}"],
    )
    act.failed(ConsoleError("A test."))

    assert settle() == (0, f"dev: a left label was taken off {name}.\n", "")
    assert "MIYABI" not in str(client.describe_secret(SecretId=name)["VersionIdsToStages"])


def test_it_keeps_house_as_well(dev: Estate) -> None:
    SessionStore().create()
    Session.objects.update(expire_date=timezone.now())
    assert settle()[0] == 0
    assert not Session.objects.exists()


def test_an_audit_log_that_cannot_be_written_is_said_in_one_line(dev: Estate) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own way to refuse a record.")
    intend_save()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER is_full BEFORE INSERT ON secrets_ui_auditrecord "
            "BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        with pytest.raises(CommandError, match="could not be added to the audit log"):
            settle("--min-age", "0")
    assert len(open_intents()) == 1


def test_a_proposal_that_waited_too_long_is_ended_and_named(
    dev: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "miyabi/dev/config"
    about = {"environment": "dev", "secret": name, "version_id": "0" * 32}
    with monkeypatch.context() as weeks_ago:
        weeks_ago.setattr(writing, "now", lambda: "2020-01-01T00:00:00.000000Z")
        with audit.act(Action.PROPOSE, HANA, **about) as act:
            act.done()

    assert settle() == (0, f"dev: a proposal for {name} has ended undecided.\n", "")
    assert settle() == (0, "", "")
