"""When keys are due: what a pass keeps of it, what it leaves, and that each step is told once."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secrets_ui.domain.environment import Environment
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.due import DueDate, Why
from secrets_ui.domain.status.due_dates import Dates
from secrets_ui.models import KeyDue, RoleGrant, StatusDelivery
from secrets_ui.services.configuration import get_environment
from secrets_ui.services.secrets.due import read_due
from secrets_ui.services.secrets.opening import open_secret
from secrets_ui.services.secrets.reveal import reveal_key
from secrets_ui.services.status_pass.due import keep_due
from secrets_ui.services.status_pass.judge import Judged, Row
from secrets_ui.services.status_pass.run import run_status_pass
from tests.conftest import Watched

pytestmark = pytest.mark.django_db
DEV = Environment("dev", "us-west-2", account="111111111111", prefix="miyabi/dev/")
KEYS = "miyabi/dev/api-keys"
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
TOKEN = DueDate("GITHUB_TOKEN", Why.AGE, AT + timedelta(days=20), "The catalogue allows it.")
ODD = "A\0\ud800B"  # a key that no database keeps as it is
OTHER = replace(TOKEN, key="OAUTH_CLIENT_SECRET")


@pytest.fixture(autouse=True)
def told(settings: Any) -> None:
    settings.STATUS_WEBHOOK_URL = "https://hooks.test/x"
    settings.STATUS_ADDRESS = "https://console.test"


def keep(*dates: DueDate, days: float = 0, is_whole: bool = True, **more: Any) -> None:
    row = Row(KEYS, (), {}, Dates(dates, **more))
    keep_due(Judged(DEV, AT + timedelta(days=days), (row,), is_whole))


def kept() -> dict[str, datetime | None]:
    return {f"{row.key} {row.why}": row.at for row in KeyDue.objects.filter(environment="dev")}


def messages() -> list[tuple[int, list[str]]]:
    """Of each, how many days ahead it tells, and of which keys."""
    events = [json.loads(sent.payload)["event"] for sent in StatusDelivery.objects.order_by("pk")]
    due = [event for event in events if event["kind"] == "due"]
    return [(event["days"], [line["key"] for line in event["due"]]) for event in due]


def test_each_step_is_told_once_and_in_one_message_and_not_at_each_pass() -> None:
    later = replace(OTHER, at=AT + timedelta(days=30))
    for days in (0, 6, 6.5, 7, 18, 19, 19.1, 20.5, 21):
        keep(TOKEN, replace(TOKEN, key="MIYABI_ACCESS_TOKEN"), later, days=days)
    assert messages() == [
        (14, ["GITHUB_TOKEN", "MIYABI_ACCESS_TOKEN"]),
        (14, ["OAUTH_CLIENT_SECRET"]),
        (1, ["GITHUB_TOKEN", "MIYABI_ACCESS_TOKEN"]),
    ]
    first = json.loads(StatusDelivery.objects.order_by("pk")[0].payload)["event"]
    assert first["url"] == "https://console.test/dev/due"
    assert first["due"][0]["owner"] == "Platform team"
    assert first["due"][0]["runbook"].endswith("/github-token")


def test_another_day_is_told_anew() -> None:
    keep(TOKEN, days=10)
    keep(replace(TOKEN, at=AT + timedelta(days=100)), days=11)
    keep(replace(TOKEN, at=AT + timedelta(days=100)), days=90)
    assert messages() == [(14, ["GITHUB_TOKEN"])] * 2


def test_what_is_not_due_any_more_goes_and_what_could_not_be_learnt_stays() -> None:
    expiry = replace(TOKEN, why=Why.EXPIRY)
    keep(TOKEN, OTHER, expiry)
    # AWS did not list the versions: no age is known, and the value may have been rotated.
    nobody_knows = replace(TOKEN, at=None, text="How old it is could not be told.")
    keep(nobody_knows, days=1, unknown=frozenset((Why.AGE,)))
    assert kept() == {"GITHUB_TOKEN age": TOKEN.at, "OAUTH_CLIENT_SECRET age": OTHER.at}
    assert {row.read_at for row in KeyDue.objects.all()} == {AT}
    keep(TOKEN, days=2)
    assert kept() == {"GITHUB_TOKEN age": TOKEN.at}


def test_a_key_of_which_nothing_was_ever_known_is_kept_as_not_known() -> None:
    keep(replace(TOKEN, at=None), unknown=frozenset((Why.AGE,)))
    keep(replace(TOKEN, at=None), days=1, unknown=frozenset((Why.AGE,)))
    assert kept() == {"GITHUB_TOKEN age": None}
    keep(TOKEN, days=2)
    assert kept() == {"GITHUB_TOKEN age": TOKEN.at}


@pytest.mark.parametrize(("is_whole", "stay"), [(True, set()), (False, {"GITHUB_TOKEN age"})])
def test_of_a_secret_that_was_not_listed_the_dates_stay_where_not_all_could_be(
    is_whole: bool, stay: set[str]
) -> None:
    keep(TOKEN)
    keep_due(Judged(DEV, AT, (Row("miyabi/dev/config", (), {}),), is_whole))
    assert set(kept()) == stay


def test_a_pass_finds_what_is_due_by_age_and_by_who_has_left(
    watched: Watched, person: Callable[..., Any]
) -> None:
    estate, aws = watched(only=("dev",))
    aws.break_call("LookupEvents", "AccessDeniedException", "no")
    place, user = get_environment("dev"), person("editor", "dev", name="hana")
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString=json.dumps({ODD: "x"})
    )
    for name, key in ((KEYS, "GITHUB_TOKEN"), ("miyabi/dev/config", ODD)):
        version = open_secret(place, name, Actor("hana")).secret.current
        reveal_key(place, Actor("hana"), name, key, version, reason="OPS-9", to="screen")
    run_status_pass()
    made = datetime.now(UTC).date()
    assert {key: at and (at.date() - made).days for key, at in kept().items()} == {
        "GITHUB_TOKEN age": 90,
        "MIYABI_ACCESS_TOKEN age": 180,
        "OAUTH_CLIENT_SECRET age": 365,
        "GITHUB_OAUTH_CLIENT_SECRET age": 365,
    }
    assert messages() == []

    RoleGrant.objects.filter(user=user).update(role="viewer")
    run_status_pass()
    known, odd = read_due([place]).over
    since = {row.key: row.at for row in KeyDue.objects.filter(why=Why.KNOWN)}
    assert (known.key, known.text) == ("GITHUB_TOKEN", "Known to hana (no role there any more).")
    run_status_pass()
    assert messages() == [(0, ["GITHUB_TOKEN", odd.key])]
    assert {row.key: row.at for row in KeyDue.objects.filter(why=Why.KNOWN)} == since


def test_that_aws_does_not_say_when_it_rotates_is_an_answer() -> None:
    rotation = DueDate("", Why.ROTATION, AT + timedelta(days=9), "AWS rotates it by itself.")
    keep(rotation)
    keep(replace(rotation, at=None))
    assert kept() == {" rotation": None}
