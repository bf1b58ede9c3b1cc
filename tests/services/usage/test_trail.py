"""What is kept of CloudTrail's events: all of them, once, however often a go is cut short."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.demo.trail import put_events, trail_event
from secrets_ui.domain.environment import Environment
from secrets_ui.models import TrailCall, TrailPosition
from secrets_ui.services.usage.reads import Reads, find_reads
from secrets_ui.services.usage.trail import EARLIEST, collect_calls, purge_calls
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, Watched, as_toml, forget_configuration

pytestmark = pytest.mark.django_db
NAME = "miyabi/prod/api-keys"


class Trail:
    """CloudTrail of prod, which is the only environment here."""

    def __init__(self, estate: Estate, aws: RecordingAws) -> None:
        self.estate, self.aws, self.now = estate, aws, datetime.now(UTC)
        self.environment: Environment = estate.environments["prod"]
        self.events: list[dict[str, Any]] = []

    def add(self, *ages: timedelta, event: str = "GetSecretValue", **more: Any) -> None:
        caller = {"role": "miyabi-lambda-execution", "session": "miyabi-app"} | more
        self.events += [
            trail_event(self.environment, self.now - age, event, NAME, **caller) for age in ages
        ]
        put_events(self.estate.endpoint, self.environment, self.events)

    def lookups(self) -> int:
        return self.aws.operations().count("LookupEvents")

    def reads(self, **options: Any) -> Reads:
        return find_reads(self.environment, NAME, options.pop("days", 30), **options)


@pytest.fixture
def trail(watched: Watched, settings: Any) -> Trail:
    settings.STATUS_TRAIL_PAGES_PER_PASS = 100
    found = Trail(*watched(only=("prod",)))
    settings.ENVIRONMENTS_FILE.write_text(as_toml({"prod": found.environment}), encoding="utf-8")
    forget_configuration()
    found.add()
    return found


def days(*numbers: float) -> list[timedelta]:
    return [timedelta(days=number) for number in numbers]


def position(event: str = "GetSecretValue") -> TrailPosition:
    return TrailPosition.objects.get(environment="prod", event=event)


def test_every_call_is_kept_once_and_tells_who_from_where_and_which_version(
    trail: Trail, settings: Any
) -> None:
    trail.add(*days(0.01, 1, 40, 89), requestParameters={"secretId": NAME, "versionId": "a" * 32})
    trail.add(*days(2), role="miyabi-console", session="hana")
    trail.add(*days(3), event="PutSecretValue", role="ops", session="x", errorCode="AccessDenied")
    trail.add(*days(95))  # out of reach
    collect_calls()
    collect_calls()
    kept = TrailCall.objects.order_by("-at")
    assert [(call.event, call.reader, call.is_ours, call.error) for call in kept] == [
        ("GetSecretValue", "role/miyabi-lambda-execution", False, ""),
        ("GetSecretValue", "role/miyabi-lambda-execution", False, ""),
        ("GetSecretValue", "role/miyabi-console (hana)", True, ""),
        ("PutSecretValue", "role/ops", False, "AccessDenied"),
        ("GetSecretValue", "role/miyabi-lambda-execution", False, ""),
        ("GetSecretValue", "role/miyabi-lambda-execution", False, ""),
    ]
    assert (kept[0].version, kept[0].address, kept[0].session) == (
        "a" * 32,
        "203.0.113.7",
        "miyabi-app",
    )


def leave_only_reads_of_prod(trail: Trail) -> None:
    """All else was asked just now, back to the beginning; reads are known of one moment."""
    collect_calls(lambda: False)  # makes the positions
    TrailPosition.objects.update(asked_at=trail.now + timedelta(days=1), since=trail.now - EARLIEST)
    moment = trail.now - timedelta(days=2)
    ours = TrailPosition.objects.filter(environment="prod", event="GetSecretValue")
    ours.update(asked_at=None, since=moment, until=moment)
    trail.aws.received.clear()


def test_a_go_that_is_cut_short_is_taken_up_where_it_stopped(trail: Trail, settings: Any) -> None:
    """130 calls since the last go are three pages, and each go may read two."""
    trail.add(*[timedelta(minutes=20 + number) for number in range(130)], *days(50))
    leave_only_reads_of_prod(trail)
    settings.STATUS_TRAIL_PAGES_PER_PASS = 2
    collect_calls()
    assert (trail.lookups(), TrailCall.objects.count()) == (2, 100)
    assert position().until == trail.now - timedelta(days=2)  # not whole yet
    collect_calls()
    assert (trail.lookups(), TrailCall.objects.count()) == (4, 131)
    assert position().walk_at is None
    assert position().until > trail.now - timedelta(minutes=16)
    assert {call.event_id for call in TrailCall.objects.all()} == {
        event["eventID"] for event in trail.events
    }


def test_more_calls_in_one_second_than_a_go_reads_do_not_hold_it_up(
    trail: Trail, settings: Any
) -> None:
    trail.add(*days(3, 4))
    trail.events += [trail.events[0] | {"eventID": f"event-{number:04}"} for number in range(119)]
    trail.add()
    leave_only_reads_of_prod(trail)
    settings.STATUS_TRAIL_PAGES_PER_PASS = 2
    for _ in range(3):
        collect_calls()
    assert TrailCall.objects.count() == 121


def test_what_cloudtrail_refuses_is_not_known_since_then(trail: Trail, settings: Any) -> None:
    trail.add(*days(1))
    collect_calls()
    before = trail.reads().coverage
    assert before.problem == ""
    assert before.until is not None
    trail.aws.break_call("LookupEvents", "AccessDeniedException", "no")
    trail.aws.received.clear()
    collect_calls()
    assert trail.lookups() == 1  # and the environment is left alone until the next time
    after = trail.reads().coverage
    assert after.problem == "the console's role lacks cloudtrail:LookupEvents"
    assert after.until == before.until
    trail.aws.mend()
    collect_calls()
    assert trail.reads().coverage.problem == ""


def test_it_gives_way_and_reads_no_page_more(trail: Trail) -> None:
    asked = iter([True, True, False])
    collect_calls(lambda: next(asked, False))
    assert trail.lookups() == 1


def test_switched_off_it_asks_nothing_and_says_that_nothing_is_known(
    trail: Trail, settings: Any
) -> None:
    settings.STATUS_TRAIL_PAGES_PER_PASS = 0
    assert collect_calls() == trail.lookups() == 0
    found = trail.reads()
    assert (found.coverage.since, found.is_whole) == (None, False)


def test_outsiders_and_new_readers_stand_out_and_expected_ones_do_not(
    trail: Trail, settings: Any
) -> None:
    trail.add(*days(1, 2))
    trail.add(*days(1, 20, 45), role="job", session="nightly")
    trail.add(*days(2), role="ci", session="build-7")
    trail.add(*days(3, 4, 40), role="backup", session="x", account="444444444444")
    trail.add(*days(1), role="stranger", session="x", errorCode="AccessDenied")
    collect_calls()
    found = {reader.name: reader for reader in trail.reads().readers}
    marks = {
        name: (reader.reads, reader.is_new, reader.account, reader.stands_out)
        for name, reader in found.items()
    }
    assert marks == {
        "arn:aws:iam::444444444444:role/backup": (2, True, "444444444444", True),
        "role/ci": (1, True, "", True),
        "role/miyabi-lambda-execution": (2, False, "", False),
        "role/job": (2, False, "", False),
        "role/stranger": (0, False, "", False),
    }
    assert list(marks)[:2] == ["arn:aws:iam::444444444444:role/backup", "role/ci"]
    assert trail.reads(reader="CI").total == 1


def test_calls_are_deleted_after_their_time(trail: Trail, settings: Any) -> None:
    trail.add(*days(1, 20))
    collect_calls()
    settings.READS_KEEP_DAYS = 10
    assert purge_calls() == 1
    assert TrailCall.objects.count() == 1
    since = trail.reads().coverage.since
    assert since is not None
    assert since > trail.now - timedelta(days=11)
