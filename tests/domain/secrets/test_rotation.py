"""What a rotation of AWS's tells of itself, and what shows that one of its steps has failed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from secrets_ui.domain.secrets.rotation import failed_steps, rotated_by_aws
from secrets_ui.domain.secrets.secret import Rotation, Secret

NOW = datetime(2026, 11, 30, tzinfo=UTC)
FUNCTION = "arn:aws:lambda:us-west-2:111111111111:function:rotate"
RUNS = Rotation(FUNCTION, "rate(30 days)", "3h", NOW - timedelta(days=3), NOW + timedelta(days=27))
LATE = replace(RUNS, next=NOW - timedelta(days=2))
CURRENT = {"a" * 32: ("AWSCURRENT",)}
HALF_WAY = {**CURRENT, "b" * 32: ("AWSPENDING",)}


def test_it_says_by_what_when_last_and_when_next() -> None:
    assert rotated_by_aws(Secret("arn", "n", versions=CURRENT, rotation=RUNS)) == (
        "AWS rotates this secret by a rotation function, rate(30 days). It last did on 27 November "
        "2026. The next rotation is due by 27 December 2026."
    )
    managed = Secret("arn", "n", owning_service="rds", rotation=Rotation())
    assert rotated_by_aws(managed) == "AWS rotates this secret by rds. It has not done so yet."
    assert rotated_by_aws(Secret("arn", "n")) == ""


@pytest.mark.parametrize(
    ("rotation", "versions", "pending_days", "said"),
    [
        (RUNS, CURRENT, None, ""),
        (LATE, CURRENT, None, "should have rotated it by 28 November 2026"),
        (replace(RUNS, next=NOW - timedelta(hours=20)), CURRENT, None, ""),
        # Under way; since yesterday; and since when nobody knows, but late.
        (RUNS, HALF_WAY, 0.1, ""),
        (RUNS, HALF_WAY, 2, "Version bbbbbbbb holds AWSPENDING since 28 November 2026"),
        (RUNS, HALF_WAY, None, ""),
        (LATE, HALF_WAY, None, "one of setSecret, testSecret and finishSecret"),
        # It ended, and left its label where AWS leaves it.
        (RUNS, {"a" * 32: ("AWSCURRENT", "AWSPENDING")}, 9, ""),
        (None, HALF_WAY, 9, ""),
    ],
)
def test_a_failed_step_shows_by_its_label_and_by_the_date(
    rotation: Rotation | None, versions: dict[str, tuple[str, ...]], pending_days: float, said: str
) -> None:
    since = NOW - timedelta(days=pending_days) if pending_days else None
    found = failed_steps(Secret("arn", "n", versions=versions, rotation=rotation), NOW, since)
    assert said in found
    assert bool(found) is bool(said)
