"""How many acts a person may begin in a minute: what counts, from when, and what is said."""

import json
from datetime import timedelta

import pytest
from django.db.models import F

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import TooMany
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord, Reservation
from secrets_ui.services.audit.rate import RateLimit, ensure_rate
from testkit.intents import intend
from tests.services.saving import HANA, KENJI

pytestmark = pytest.mark.django_db
DEV = Environment("dev", "us-west-2", "1" * 12, "miyabi/dev/")
TWO = RateLimit("changes", 2)


def ensure(actor: Actor = HANA, rate: RateLimit = TWO) -> None:
    ensure_rate(rate, DEV, actor, "miyabi/dev/config")


def test_as_many_as_are_allowed_may_be_begun_and_no_more() -> None:
    for _ in range(2):
        ensure()
    with pytest.raises(TooMany) as caught:
        ensure()
    assert str(caught.value) == (
        "2 changes in the last minute; at most 2 are allowed. Wait a minute."
    )
    row = AuditRecord.objects.latest("sequence")
    assert (row.phase, row.action, row.outcome) == ("event", "rate.limited", "refused")
    assert (row.actor, row.environment, row.secret) == ("hana", "dev", "miyabi/dev/config")
    assert json.loads(row.details) == {"why": "too many changes"}


def test_only_acts_of_this_kind_by_this_person_count_whatever_becomes_of_them() -> None:
    ensure()
    ensure(KENJI)
    ensure(rate=RateLimit("values", 2))
    intend(Action.SAVE, HANA)  # it was counted before it was begun
    ensure()
    with pytest.raises(TooMany):
        ensure()


def test_an_act_counts_for_a_minute() -> None:
    for seconds in (70, 50):
        for _ in range(2):
            ensure()
        Reservation.objects.update(at=F("at") - timedelta(seconds=seconds))
    with pytest.raises(TooMany):
        ensure()
