"""Reads and errors by day: no data point is not zero, and the unknown is not counted."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.access.evidence import Denied, Known
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsCall
from secrets_ui.domain.usage.alarm import Alarm
from secrets_ui.domain.usage.usage import (
    ACCESSES,
    DAYS,
    ERRORS,
    OPERATIONS,
    READS,
    Metric,
    Series,
    Usage,
    asked_from,
    calls_of,
    metrics_of,
    summarise,
)

PROD = Environment("prod", "us-west-2", "333333333333", "miyabi/prod/")
NOW = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
TODAY = NOW.date()
CALL = AwsCall("cloudwatch:GetMetricData")
SPACE = "Miyabi/Secrets"


def usage(series: Mapping[Metric, Series] | None = None, alarms: tuple[Alarm, ...] = ()) -> Usage:
    return Usage(PROD, NOW, Known(series or {}, CALL), Known(alarms, CALL), namespace=SPACE)


def day(back: int, count: int) -> dict[date, int]:
    return {TODAY - timedelta(days=back): count}


def test_the_days_are_thirty_in_utc_and_today_is_the_last() -> None:
    dates = [entry.date for entry in usage().days]
    assert (len(dates), dates[-1]) == (DAYS, TODAY)
    assert dates == sorted(set(dates))


def test_reads_are_both_ways_to_read_and_calls_are_all_operations() -> None:
    counted = {
        calls_of(name): Series(day(1, number)) for number, name in enumerate(OPERATIONS, start=1)
    }
    yesterday = usage(counted).days[-2]
    assert yesterday.reads == 1 + 2
    assert yesterday.calls == sum(range(1, len(OPERATIONS) + 1))
    assert OPERATIONS[:2] == READS


def test_our_own_metrics_are_told_apart() -> None:
    found = usage(
        {Metric(SPACE, ACCESSES): Series(day(0, 8)), Metric(SPACE, ERRORS): Series(day(0, 3))}
    ).days[-1]
    assert (found.accesses, found.errors, found.reads) == (8, 3, None)


def test_a_day_without_a_point_is_none_and_a_zero_is_zero() -> None:
    days = usage({Metric(SPACE, ERRORS): Series(day(1, 0))}).days
    assert (days[-1].errors, days[-2].errors) == (None, 0)


def test_calls_that_were_not_told_whole_are_not_known() -> None:
    half = {calls_of("GetSecretValue"): Series(day(1, 5), "PartialData")}
    assert usage(half).calls is None
    assert usage(half).problems == ("GetSecretValue: PartialData",)
    assert usage().calls is None
    assert Usage(PROD, NOW, Denied(CALL, "cloudwatch:GetMetricData")).calls is None


def test_every_metric_is_asked_for_once() -> None:
    asked = metrics_of(SPACE)
    assert len(set(asked)) == len(asked) == len(OPERATIONS) + 2
    assert len(asked) < 500  # of one GetMetricData
    assert dict(calls_of("GetSecretValue").dimensions) == {
        "Type": "API",
        "Service": "Secrets Manager",
        "Resource": "GetSecretValue",
        "Class": "None",
    }


@given(
    st.integers(0, 8 * 366 * 86_400).map(
        lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
    )
)
def test_the_question_reaches_back_thirty_days_and_to_the_first_of_the_month(now: datetime) -> None:
    start = asked_from(now)
    assert start.date() <= now.date() - timedelta(days=DAYS - 1)
    assert start.date() <= now.date().replace(day=1)
    assert (start.hour, start.minute, start.second, start.microsecond) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("found", "result"),
    [
        (usage(), ["CloudWatch has no data point of the last 30 days."]),
        (
            usage(
                {
                    Metric(SPACE, ERRORS): Series(day(1, 1)),
                    calls_of("GetSecretValue"): Series(day(1, 1200)),
                }
            ),
            ["In 30 days: 1 failed read; 1,200 reads in the whole account."],
        ),
        (
            usage(
                {Metric(SPACE, ACCESSES): Series(day(1, 2))},
                (Alarm("a", "ALARM", NOW), Alarm("b", "OK", NOW)),
            ),
            ["1 alarm is in alarm.", "In 30 days: 2 reads of miyabi/prod/."],
        ),
    ],
)
def test_the_summary_tells_trouble_first_and_what_is_known_alone(
    found: Usage, result: list[str]
) -> None:
    assert summarise(found) == result
