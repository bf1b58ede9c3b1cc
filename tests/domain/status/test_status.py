"""Status is a pure function of findings and age: order is no matter, unknown not healthy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.access.finding import WORST_FIRST
from secrets_ui.domain.status.status import (
    EnvironmentStatus,
    StatusFinding,
    age_text,
    headline,
    in_order,
    shown_status,
    status_of,
    worst,
)

NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)
STALE = timedelta(minutes=15)
statuses = st.sampled_from(WORST_FIRST)
findings = st.lists(
    st.builds(
        StatusFinding,
        check=st.sampled_from(["a", "b", "c"]),
        status=statuses,
        text=st.text(max_size=5),
        about=st.sampled_from(["", "x", "y"]),
        weight=st.sampled_from(["decides", "matters", "second opinion"]),
    ),
    max_size=8,
)


@given(findings, st.randoms())
def test_the_order_of_answers_never_matters(found: list[StatusFinding], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert status_of(found) == status_of(shuffled)
    assert {f.identity for f in in_order(found)} == {f.identity for f in in_order(shuffled)}
    assert [f.status for f in in_order(found)] == [f.status for f in in_order(shuffled)]


@given(findings)
def test_healthy_means_that_something_passed_and_nothing_that_counts_did_not(
    found: list[StatusFinding],
) -> None:
    if status_of(found) == "pass":
        counted = [f for f in found if f.counts]
        assert counted
        assert {f.status for f in counted} == {"pass"}


@given(findings)
def test_one_unknown_that_counts_is_enough_not_to_be_healthy(found: list[StatusFinding]) -> None:
    unknown = StatusFinding("d", "unknown", "Not known.")
    assert status_of([*found, unknown]) in ("unknown", "fail")


def test_nothing_looked_at_is_unknown() -> None:
    assert status_of([]) == worst([]) == "unknown"
    assert status_of([StatusFinding("a", "skipped", "")]) == "unknown"
    assert status_of([StatusFinding("a", "unknown", "", weight="second opinion")]) == "unknown"


@given(statuses, st.integers(0, 10_000))
def test_an_old_result_is_never_healthy_and_an_old_failure_stays_one(
    status: str, seconds: int
) -> None:
    shown = shown_status(status, NOW - timedelta(seconds=seconds), NOW, STALE)
    if seconds <= STALE.total_seconds():
        assert shown == status
    else:
        assert shown == ("fail" if status == "fail" else "unknown")
    assert shown_status("pass", None, NOW, STALE) == "unknown"


@given(findings)
def test_a_finding_survives_json(found: list[StatusFinding]) -> None:
    assert [StatusFinding.from_json(f.to_json()) for f in found] == found


def environment(name: str, status: str = "pass", **more: object) -> EnvironmentStatus:
    result = EnvironmentStatus(name, status, NOW - timedelta(seconds=40), False, {})
    return replace(result, **more)


HEALTHY = [environment("dev"), environment("staging"), environment("prod")]
FAILING = environment(
    "prod", "fail", troubles={"fail": 2, "warn": 5}, since="2026-11-25T02:14:09+00:00"
)


@pytest.mark.parametrize(
    ("environments", "status", "text"),
    [
        (HEALTHY, "pass", "All three environments are healthy, checked 40 s ago"),
        (HEALTHY[:2], "pass", "Both environments are healthy, checked 40 s ago"),
        (HEALTHY[:1], "pass", "dev is healthy, checked 40 s ago"),
        ([*HEALTHY[:2], FAILING], "fail", "prod is not healthy: 2 failures since 02:14"),
        (
            [
                environment("dev", "fail", troubles={"fail": 1}, since="2026-11-24T23:59:00+00:00"),
                FAILING,
            ],
            "fail",
            "dev and prod are not healthy: 3 failures since 24 Nov 23:59",
        ),
        ([environment("dev", "fail")], "fail", "dev is not healthy: it failed last"),
        (
            [
                environment("dev", "warn", troubles={"warn": 1}),
                environment("prod", "warn", troubles={"warn": 2}),
            ],
            "warn",
            "Nothing fails; 3 warnings in dev and prod",
        ),
        (
            [
                environment("dev"),
                environment("prod", "unknown", why="prod was last checked 20 min ago"),
            ],
            "unknown",
            "Unknown: prod was last checked 20 min ago",
        ),
        (
            [
                environment("dev", "unknown", troubles={"unknown": 2}),
                environment("prod", "unknown"),
            ],
            "unknown",
            "Unknown: 2 things could not be checked in dev and prod",
        ),
        ([], "unknown", "Unknown: there is no environment to check"),
    ],
)
def test_the_headline_is_one_sentence(
    environments: list[EnvironmentStatus], status: str, text: str
) -> None:
    assert (headline(environments, NOW).status, headline(environments, NOW).text) == (status, text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s ago"),
        (40, "40 s ago"),
        (130, "2 min ago"),
        (7200, "2 hours ago"),
        (4 * 86400, "4 days ago"),
    ],
)
def test_an_age_is_told_in_one_unit(seconds: int, text: str) -> None:
    assert age_text(timedelta(seconds=seconds)) == text
