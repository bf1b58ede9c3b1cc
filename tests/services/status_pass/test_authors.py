"""Who made a change: one query of CloudTrail a kind, repeated while it lags, no guesses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secrets_ui.domain.access.evidence import Known
from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsAccessDenied, AwsCall
from secrets_ui.domain.status.outside_changes import OutsideChange
from secrets_ui.domain.status.watched import TrailEvent
from secrets_ui.models import AuditRecord
from secrets_ui.services.status_pass.authors import WhoDidIt, lately, what_the_chain_knows
from testkit.intents import intend

NOW = datetime(2026, 11, 25, 2, 14, tzinfo=UTC)
NAME, YUKI, KEN = "miyabi/dev/config", "arn:aws:iam::1:user/yuki", "arn:aws:iam::1:user/ken"
CHANGE = OutsideChange(
    "version", "AWSCURRENT is version 1.", (NOW - timedelta(minutes=5)).isoformat(), version="v1"
)
DEV = Environment("dev", "us-west-2", "111111111111", "miyabi/dev/")


class Trail:
    """Tells what a test put there, and counts what it was asked."""

    def __init__(self, *events: TrailEvent, denied: bool = False) -> None:
        self.events, self.denied, self.asked = events, denied, list[str]()

    def lookup_changes(self, event: str) -> Any:
        self.asked.append(event)
        if self.denied:
            raise AwsAccessDenied(
                "no", AwsCall("cloudtrail:LookupEvents"), "cloudtrail:LookupEvents"
            )
        return Known(
            tuple(e for e in self.events if e.event == event), AwsCall("cloudtrail:LookupEvents")
        )


def put(principal: str, version: str = "v1", secret: str = NAME, minutes: int = 5) -> TrailEvent:
    return TrailEvent(
        NOW - timedelta(minutes=minutes), "PutSecretValue", principal, secret, version
    )


def test_the_call_that_made_the_version_names_the_person() -> None:
    trail = Trail(put(KEN, "v2"), put(YUKI), put(KEN, secret="miyabi/dev/other"))
    assert WhoDidIt(trail).name(CHANGE, "arn", NAME).by == YUKI


def test_of_several_calls_the_newest_counts_whatever_their_order() -> None:
    events = [put(YUKI, minutes=9), put(KEN, minutes=3)]
    for order in (events, events[::-1]):
        assert WhoDidIt(Trail(*order)).name(CHANGE, NAME).by == KEN


def test_where_cloudtrail_may_not_be_read_nobody_is_named_and_it_is_asked_once() -> None:
    trail = Trail(put(YUKI), denied=True)
    who = WhoDidIt(trail)
    assert who.name(CHANGE, NAME).by == who.name(CHANGE, NAME).by == ""
    assert trail.asked == ["PutSecretValue"]


def test_each_kind_of_event_is_asked_for_once_in_a_pass() -> None:
    trail = Trail(put(YUKI))
    who = WhoDidIt(trail)
    for _ in range(3):
        who.name(CHANGE, NAME)
    assert trail.asked == ["PutSecretValue"]


def test_a_change_without_a_name_is_asked_about_again_for_a_day_and_stays_the_same_change() -> None:
    who = WhoDidIt(Trail(put(YUKI)))
    late = who.name_late(CHANGE, NOW + timedelta(hours=1), NAME)
    assert (late.by, late.at) == (YUKI, CHANGE.at)
    assert who.name_late(CHANGE, NOW + timedelta(hours=25), NAME).by == ""


def test_a_change_is_told_for_some_days(settings: Any) -> None:
    settings.STATUS_OUTSIDE_DAYS = 7
    assert lately([CHANGE], NOW + timedelta(days=6)) == (CHANGE,)
    assert lately([CHANGE], NOW + timedelta(days=8)) == ()


@pytest.mark.django_db
def test_the_chain_knows_its_saves_those_under_way_too_in_either_form(hana: Any) -> None:
    intent = intend(Action.SAVE, hana, environment="dev", secret=NAME)
    uuid = AuditRecord.objects.get().hash[:32]
    as_uuid = f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"
    for version in (intent.hash, as_uuid):
        assert what_the_chain_knows(DEV, {NAME: version})[NAME].made_current
    for version in ("terraform-20261125", "f" * 64, "0" * 8 + as_uuid[8:]):
        assert not what_the_chain_knows(DEV, {NAME: version})[NAME].made_current
