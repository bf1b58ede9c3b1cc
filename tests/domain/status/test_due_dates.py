"""When the keys of a secret are due, and what a pass could not learn."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from secrets_ui.domain.access.evidence import Known, Missing
from secrets_ui.domain.secrets.due import DueDate, Why
from secrets_ui.domain.secrets.facts import KeyFacts
from secrets_ui.domain.secrets.key_age import KeyAge
from secrets_ui.domain.secrets.secret import Rotation
from secrets_ui.domain.secrets.tried import Verdict
from secrets_ui.domain.status.due_dates import NO_DATES, Dates, due_dates
from secrets_ui.domain.status.due_message import DueLine, DueMessage
from secrets_ui.domain.status.messages import webhook_payload
from tests.checks.status.building import AWAY, CALL, NOW, facts, secret, watched

LIMITS = {"GITHUB_TOKEN": 90, "MIYABI_ACCESS_TOKEN": 180, "OAUTH_CLIENT_SECRET": 365}


def of(dates: Dates, key: str, why: Why = Why.AGE) -> DueDate:
    [found] = [date for date in dates.found if (date.key, date.why) == (key, why)]
    return found


def test_a_key_is_due_when_it_has_the_age_that_the_catalogue_allows() -> None:
    ages = {name: KeyAge(NOW - timedelta(days=3), name != "GITHUB_TOKEN") for name in LIMITS}
    dates = due_dates(watched(ages=ages))

    assert {key: of(dates, key).at for key in LIMITS} == {
        key: NOW + timedelta(days=days - 3) for key, days in LIMITS.items()
    }
    assert [of(dates, key).is_exact for key in LIMITS] == [False, True, True]
    assert of(dates, "GITHUB_TOKEN").text == "The catalogue allows it 90 days."
    # The fourth with a limit, of whose age nobody could tell.
    assert of(dates, "GITHUB_OAUTH_CLIENT_SECRET").at is None
    assert dates.unknown == {Why.AGE}


def test_an_expiry_and_a_rotation_are_dates_of_their_own() -> None:
    expires, following = NOW + timedelta(days=9), NOW + timedelta(days=30)
    dates = due_dates(
        watched(
            trials={"GITHUB_TOKEN": Verdict("warn", "Expires in 9 days", expires=expires),
                    "OAUTH_ISSUER": Verdict("ok", "Works")},
            secret=Known(secret(rotation=Rotation(next=following, schedule="rate(30 days)")), CALL),
        )
    )  # fmt: skip

    expiry = of(dates, "GITHUB_TOKEN", Why.EXPIRY)
    assert (expiry.at, expiry.text) == (expires, "GitHub told when it expires.")
    rotation = of(dates, "", Why.ROTATION)
    assert (rotation.at, rotation.text) == (following, "AWS rotates it by itself: rate(30 days).")
    assert not dates.unknown


@pytest.mark.parametrize(
    ("changes", "unknown"),
    [
        ({"secret": Missing(CALL)}, set()),
        ({"secret": Known(secret(deleted=NOW), CALL)}, set()),
        ({"secret": Known(secret(versions={}), CALL)}, set()),
        ({"secret": AWAY}, {Why.AGE, Why.EXPIRY, Why.ROTATION}),
    ],
    ids=["missing", "deleted", "without a version", "not answered"],
)
def test_what_nobody_can_use_is_not_due_and_what_aws_did_not_tell_is_not_known(
    changes: dict[str, Any], unknown: set[Why]
) -> None:
    assert due_dates(watched(**changes)) == replace(NO_DATES, unknown=frozenset(unknown))


def test_without_facts_the_dates_are_not_known_and_none_is_made_up() -> None:
    dates = due_dates(watched(facts=None, ages={}))
    assert dates.unknown == {Why.AGE, Why.EXPIRY}
    assert {date.at for date in dates.found} == {None}
    assert {*LIMITS, "GITHUB_OAUTH_CLIENT_SECRET"} == {date.key for date in dates.found}


@pytest.mark.parametrize(
    "held",
    [
        None,
        KeyFacts("GITHUB_TOKEN", "f", placeholder=True),
        KeyFacts("GITHUB_TOKEN", "f", empty=True),
    ],
    ids=["not there", "placeholder", "empty"],
)
def test_a_key_that_is_yet_to_be_set_is_not_due(held: KeyFacts | None) -> None:
    dates = due_dates(watched(facts=facts(GITHUB_TOKEN=held)))
    assert "GITHUB_TOKEN" not in {date.key for date in dates.found}
    assert "OAUTH_CLIENT_SECRET" in {date.key for date in dates.found}


def test_that_aws_rotates_a_secret_is_told_without_a_date_too() -> None:
    dates = due_dates(watched(secret=Known(secret(rotation=Rotation()), CALL)))
    rotation = of(dates, "", Why.ROTATION)
    assert (rotation.at, rotation.text) == (None, "AWS rotates it by itself.")
    assert Why.ROTATION not in dates.unknown


def line(key: str = "TOKEN", **more: Any) -> DueLine:
    return DueLine("miyabi/prod/api-keys", key, NOW, "The catalogue allows it 90 days.", **more)


def test_a_message_names_key_day_reason_owner_and_runbook() -> None:
    lines = (line(owner="Platform", runbook="https://docs.test/a?b=1&c=<d>"), line("B" * 200))
    message = DueMessage("prod", 14, lines, "2026-11-25T02:14:00+00:00")

    assert message.title == "Due within 14 days in prod: 2 keys"
    assert replace(message, lines=lines[:1], days=1).title == "Due by tomorrow in prod: TOKEN"
    first, second = message.describe().split("\n")
    assert first == (
        "TOKEN in miyabi/prod/api-keys, 25 November 2026. The catalogue allows it 90 days. Owner: "
        "Platform. Runbook: https://docs.test/a?b=1&c=<d>"
    )
    assert len(second) < 200
    payload = webhook_payload(message, "id", "https://console.test/prod/due")
    assert "&lt;d&gt;" in payload["text"]
    assert payload["event"]["due"][0]["on"] == "2026-11-25"
    assert (payload["event"]["kind"], payload["event"]["count"]) == ("due", 2)


def test_a_message_of_very_many_keys_counts_the_rest() -> None:
    message = DueMessage("prod", 0, tuple(line(f"K{n}") for n in range(25)), "t")
    assert message.describe().split("\n")[-1] == "And 5 more."
    assert (len(message.to_json()["due"]), message.to_json()["count"]) == (20, 25)
