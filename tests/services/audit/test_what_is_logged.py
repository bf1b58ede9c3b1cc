"""Adding to the audit log: what the log stream is told, and what an outage or a settlement is."""

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from secrets_ui.domain.audit.actions import Action, Outcome
from secrets_ui.domain.audit.chain import GENESIS, Checkpoint
from secrets_ui.domain.errors import AuditUnavailable
from secrets_ui.domain.people.actor import CONSOLE
from secrets_ui.models import AuditRecord
from secrets_ui.services import audit
from secrets_ui.services.audit import change_key, writing
from secrets_ui.services.audit.records import open_record
from secrets_ui.services.audit.verify import hash_at, last_record, verify_audit, verify_with
from testkit.intents import intend
from tests.services.saving import HANA

pytestmark = pytest.mark.django_db


def test_each_record_is_told_to_the_log_stream_with_its_place_in_the_chain(
    caplog: pytest.LogCaptureFixture,
) -> None:
    audit.record(Action.SIGN_IN, HANA)
    with caplog.at_level(logging.INFO, "miyabi.audit"):
        recorded = audit.record(
            Action.REFUSE_ACCESS, HANA, Outcome.REFUSED, environment="dev", secret="s"
        )
    logged = caplog.records[-1]
    assert (logged.getMessage(), logged.levelno) == ("audit record", logging.INFO)
    assert vars(logged)["checkpoint"] == {"sequence": 2, "hash": recorded.hash, "count": 2}
    assert vars(logged)["audit"] == {
        "phase": "event",
        "action": "access.refused",
        "outcome": "refused",
        "actor": "hana",
        "environment": "dev",
        "secret": "s",
    }


@pytest.mark.parametrize("error", [OperationalError("disk full"), OSError("no such device")])
def test_a_record_that_cannot_be_added_says_so_and_not_why(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*args: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(AuditRecord, "save", fail)
    with pytest.raises(AuditUnavailable) as caught:
        audit.record(Action.SIGN_IN, HANA)
    assert str(caught.value) == "The record could not be added to the audit log."
    assert caught.value.__suppress_context__


def test_a_record_bears_the_time_in_utc_whatever_the_machine_s_zone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        written = writing.now()
    time.tzset()
    assert abs(datetime.fromisoformat(written) - datetime.now(UTC)) < timedelta(minutes=5)
    assert len(written) == 27


def test_a_settlement_says_all_that_the_intent_said_and_who_settled_it_and_why() -> None:
    intent = intend(
        Action.SAVE,
        HANA,
        environment="dev",
        secret="s",
        version_id="v1",
        base_version_id="b",
        keys=["A"],
        reason="r",
    )
    [left] = AuditRecord.objects.filter(sequence=intent.sequence)
    settled = audit.settle(left, Outcome.DONE, "v2", "it was made", by=CONSOLE)
    row = AuditRecord.objects.get(sequence=settled.sequence)
    assert (row.phase, row.action, row.outcome) == ("outcome", "secret.save", "done")
    assert (row.actor, row.address, row.intent) == ("hana", "192.0.2.7", str(intent.sequence))
    assert (row.environment, row.secret, row.version_id) == ("dev", "s", "v2")
    assert (row.base_version_id, row.keys, row.reason) == ("b", '["A"]', "r")
    assert json.loads(row.details) == {"settled_by": "console", "why": "it was made"}
    with pytest.raises(audit.AlreadyEnded):
        audit.settle(left, Outcome.UNKNOWN, "", "too late", by=CONSOLE)
    assert AuditRecord.objects.count() == 2


def test_a_checkpoint_kept_elsewhere_shows_a_tail_that_was_cut_off() -> None:
    first, second = (audit.record(Action.SIGN_IN, HANA) for _ in range(2))
    assert hash_at(2) == second.hash
    assert hash_at(3) is None
    assert verify_audit(Checkpoint(2, second.hash, 2))[0] == []
    assert verify_audit(Checkpoint(1, first.hash, 1))[0] == []
    assert len(verify_audit(Checkpoint(3, second.hash, 3))[0]) == 1
    assert len(verify_audit(Checkpoint(2, first.hash, 2))[0]) == 1


def test_the_last_record_has_no_next_one() -> None:
    for _ in range(3):
        audit.record(Action.SIGN_IN, HANA)
    last, middle = open_record(3, []), open_record(2, [])
    assert last is not None
    assert middle is not None
    assert last.next is None
    assert last.previous == middle.entry.record
    assert middle.next == last.entry.record


def test_an_empty_log_is_whole_and_ends_at_nothing() -> None:
    assert verify_audit() == ([], Checkpoint(0, GENESIS, 0))
    assert last_record() == (0, True)
    recorded = audit.record(Action.SIGN_IN, HANA)
    assert verify_audit() == ([], Checkpoint(1, recorded.hash, 1))
    assert last_record() == (1, True)


def test_a_record_that_comes_between_keeps_the_key_from_changing(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit.record(Action.SIGN_IN, HANA)
    settings.AUDIT_KEYS_BEFORE, settings.AUDIT_KEY = [settings.AUDIT_KEY], b"n" * 32

    def verify_slowly(keys: Any) -> Any:
        verified = verify_with(keys)
        audit.record(Action.SIGN_IN, HANA)
        return verified

    monkeypatch.setattr(change_key, "verify_with", verify_slowly)
    with pytest.raises(change_key.AuditKeyNotChanged) as caught:
        change_key.change_audit_key()
    assert str(caught.value) == (
        "The chain grew meanwhile: stop every console first, then try again."
    )
    assert not AuditRecord.objects.filter(action=Action.CHANGE_AUDIT_KEY).exists()
