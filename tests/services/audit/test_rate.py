"""How many acts a person may begin in a minute: what counts, from when, and what is said."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from secrets_ui.domain.audit.actions import Action, Outcome
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import TooManyWrites
from secrets_ui.models import AuditRecord
from secrets_ui.services import audit
from secrets_ui.services.audit import writing
from secrets_ui.services.audit.rate import RateLimit, ensure_rate
from testkit.intents import intend
from tests.services.saving import HANA, KENJI

pytestmark = pytest.mark.django_db
DEV = Environment("dev", "us-west-2", "1" * 12, "miyabi/dev/")
TWO = RateLimit((Action.SAVE, Action.PROPOSE), 2, "changes", TooManyWrites)


def ensure() -> None:
    ensure_rate(TWO, DEV, HANA, "miyabi/dev/config")


def begin_at(monkeypatch: pytest.MonkeyPatch, seconds_ago: int) -> None:
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    with monkeypatch.context() as patched:
        patched.setattr(writing, "now", lambda: at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        intend(Action.SAVE, HANA)


def test_as_many_as_are_allowed_may_be_begun_and_no_more() -> None:
    for _ in range(2):
        ensure()
        intend(Action.SAVE, HANA)
    with pytest.raises(TooManyWrites) as caught:
        ensure()
    assert str(caught.value) == (
        "2 changes in the last minute; at most 2 are allowed. Wait a minute."
    )
    row = AuditRecord.objects.latest("sequence")
    assert (row.phase, row.action, row.outcome) == ("event", "rate.limited", "refused")
    assert (row.actor, row.environment, row.secret) == ("hana", "dev", "miyabi/dev/config")
    assert json.loads(row.details) == {"why": "too many changes"}


def test_only_begun_acts_of_these_kinds_by_this_person_count() -> None:
    intend(Action.SAVE, HANA)
    intend(Action.SAVE, KENJI)
    intend(Action.READ_VALUE, HANA)
    with audit.act(Action.READ_VALUE, HANA) as act:
        act.done()
    audit.record(Action.SAVE, HANA, Outcome.CONFLICT)
    ensure()
    intend(Action.PROPOSE, HANA)
    with pytest.raises(TooManyWrites):
        ensure()


def test_an_act_counts_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        begin_at(monkeypatch, 70)
    ensure()
    for _ in range(2):
        begin_at(monkeypatch, 50)
    with pytest.raises(TooManyWrites):
        ensure()
