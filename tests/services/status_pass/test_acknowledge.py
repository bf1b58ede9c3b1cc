"""An acknowledged finding ends, on record, and comes back only if it happens again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string

from secrets_ui.domain.environment import Environment
from secrets_ui.domain.status.status import StatusFinding
from secrets_ui.models import Acknowledgement, AuditRecord, StatusDelivery, StatusSnapshot
from secrets_ui.services.status_pass.acknowledge import NotAcknowledged, acknowledge
from secrets_ui.services.status_pass.judge import Row
from secrets_ui.services.status_pass.keep import findings_of, keep_status
from tests.services.saving import HANA

pytestmark = pytest.mark.django_db
DEV = Environment("dev", "us-west-2", account="111111111111", prefix="miyabi/dev/")
SECRET, AT = "miyabi/dev/config", datetime(2026, 11, 28, tzinfo=UTC)
FINE = StatusFinding("secret_is_there", "pass", "It is there.")
OUTSIDE = StatusFinding(
    "only_this_console_changes", "warn", "It was changed.", "version 2026-11-27 aaaa"
)
AGAIN = StatusFinding(
    "only_this_console_changes", "warn", "It was changed.", "version 2026-11-28 bbbb"
)
OLD = StatusFinding("keys_are_young_enough", "warn", "A is old.", "A")


def found(*findings: StatusFinding, secret: str = SECRET, passes: int = 1) -> None:
    """What so many passes find."""
    for number in range(passes):
        at = AT + timedelta(minutes=number)
        keep_status("dev", [Row(secret, (FINE, *findings), {})], at, is_whole=False)


def kept(secret: str = SECRET) -> StatusSnapshot:
    return StatusSnapshot.objects.get(environment="dev", secret=secret)


@pytest.mark.parametrize("secret", [SECRET, ""])
def test_it_ends_at_once_on_record_and_is_told_as_ended(secret: str, settings: Any) -> None:
    settings.STATUS_WEBHOOK_URL = "https://hooks.test/x"
    found(OUTSIDE, secret=secret)
    assert kept(secret).status == "warn"
    acknowledge(DEV, HANA, secret, OUTSIDE.key, "OPS-5: the migration")
    assert (kept(secret).status, kept(secret).at) == ("pass", AT)
    [known] = [f for f in findings_of(kept(secret)) if f.acknowledged_by]
    assert (known.acknowledged_by, known.acknowledged_why) == ("hana", "OPS-5: the migration")
    record = AuditRecord.objects.get(action="status.acknowledge")
    assert (record.actor, record.secret, record.reason) == ("hana", secret, "OPS-5: the migration")
    assert json.loads(record.details)["about"] == OUTSIDE.about
    kinds = [json.loads(sent.payload)["event"]["kind"] for sent in StatusDelivery.objects.all()]
    assert kinds == ["began", "ended"]


def test_it_stays_ended_in_later_passes_and_comes_back_if_it_happens_again() -> None:
    found(OUTSIDE)
    acknowledge(DEV, HANA, SECRET, OUTSIDE.key, "OPS-5")
    found(OUTSIDE, passes=2)
    assert kept().status == "pass"
    found(OUTSIDE, AGAIN)
    troubles = [finding.about for finding in findings_of(kept()) if finding.is_trouble]
    assert (kept().status, troubles) == ("warn", [AGAIN.about])


def test_it_is_of_one_secret_alone() -> None:
    found(OUTSIDE)
    found(OUTSIDE, secret="miyabi/dev/api-keys")
    acknowledge(DEV, HANA, SECRET, OUTSIDE.key, "OPS-5")
    found(OUTSIDE, secret="miyabi/dev/api-keys")
    assert kept("miyabi/dev/api-keys").status == "warn"


def test_what_cannot_be_acknowledged_is_refused_and_nothing_ends() -> None:
    found(OUTSIDE, OLD)
    for key, reason in ((OLD.key, "r"), (AGAIN.key, "r"), (OUTSIDE.key, " ")):
        with pytest.raises(NotAcknowledged):
            acknowledge(DEV, HANA, SECRET, key, reason)
    with pytest.raises(NotAcknowledged):
        acknowledge(DEV, HANA, "miyabi/dev/none", OUTSIDE.key, "r")
    assert kept().status == "warn"
    assert not Acknowledgement.objects.exists()
    assert not AuditRecord.objects.filter(action="status.acknowledge").exists()


def test_twice_is_once() -> None:
    found(OUTSIDE)
    acknowledge(DEV, HANA, SECRET, OUTSIDE.key, "OPS-5")
    with pytest.raises(NotAcknowledged):
        acknowledge(DEV, HANA, SECRET, OUTSIDE.key, "OPS-6")
    assert Acknowledgement.objects.get().reason == "OPS-5"


def test_the_page_says_who_when_and_why_and_escapes_it() -> None:
    found(OUTSIDE)
    acknowledge(DEV, HANA, SECRET, OUTSIDE.key, "<b>OPS-5</b>")
    [known] = [f for f in findings_of(kept()) if f.acknowledged_by]
    shown = render_to_string("status/_acknowledged.html", {"finding": known})
    assert "Acknowledged by <bdi>hana</bdi>" in shown
    assert "&lt;b&gt;OPS-5" in shown
