"""The deadline of an act, by two clocks, and the moment from which AWS takes nothing of it."""

from datetime import UTC, datetime, timedelta

import pytest

from secrets_ui.domain.deadline import Deadline, is_over, uptime

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dated", "passed", "allowed"),
    [
        (0, 0, True),
        (30, 30, True),
        (31, 1, False),  # the wall clock was set forward
        (1, 31, False),  # or back
        (-7200, 29, True),
    ],
)
def test_s94_a_deadline_holds_by_both_clocks(dated: int, passed: int, allowed: bool) -> None:
    instants = iter([1000.0, 1000.0 + passed])
    deadline = Deadline.after(BEGAN, lambda: next(instants))
    assert deadline.allows(BEGAN + timedelta(seconds=dated)) is allowed


def test_s94_an_act_is_over_once_aws_would_refuse_its_last_signature() -> None:
    last = timedelta(seconds=30 + 15 * 60 + 60)
    assert is_over(BEGAN, BEGAN + last)
    assert not is_over(BEGAN, BEGAN + last - timedelta(seconds=1))
    assert not is_over(BEGAN, None)


def test_the_clock_that_nobody_can_set_goes_on() -> None:
    assert uptime() <= uptime()
