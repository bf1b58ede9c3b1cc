"""Limits: what counts, for how long, and what becomes of it when the clock is set."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.limits import Limit

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RATE, PROOFS = Limit("values", 3, 60), Limit("proofs", 3, 60, in_a_row=True)
BOTH = pytest.mark.parametrize("limit", [RATE, PROOFS], ids=["in a minute", "in a row"])


class Clocked:
    """Tries under a clock that may be set: what the service does with the rule, in memory."""

    def __init__(self, limit: Limit) -> None:
        self.limit, self.now, self.tries, self.number = limit, NOON, dict[int, datetime](), 0

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def is_let_in(self) -> bool:
        self.tries = self.limit.counted(self.tries, self.now)
        if len(self.tries) >= self.limit.most:
            return False
        self.number += 1
        self.tries[self.number] = self.now
        return True

    def use_up(self) -> None:
        while self.is_let_in():
            pass


@BOTH
def test_so_many_are_let_in_and_no_more(limit: Limit) -> None:
    clock = Clocked(limit)
    assert [clock.is_let_in() for _ in range(5)] == [True, True, True, False, False]


def test_each_try_counts_for_its_own_minute() -> None:
    clock = Clocked(RATE)
    for _ in range(3):
        assert clock.is_let_in()
        clock.pass_by(25)
    assert clock.is_let_in()  # the first was made 75 seconds ago
    assert not clock.is_let_in()


def test_tries_in_a_row_count_as_long_as_the_last_of_them_a_refused_one_too() -> None:
    clock = Clocked(PROOFS)
    for _ in range(3):
        assert clock.is_let_in()
        clock.pass_by(50)
    for _ in range(3):
        assert not clock.is_let_in()
        clock.pass_by(50)
    clock.pass_by(10)
    assert clock.is_let_in()


@BOTH
@pytest.mark.parametrize("back", [1, 59, 61, 3600, 86_400 * 365])
def test_with_the_clock_put_back_a_used_up_limit_holds_and_no_longer_than_one_that_is_used_up_now(
    limit: Limit, back: float
) -> None:
    clock = Clocked(limit)
    clock.use_up()
    clock.pass_by(-back)
    assert not clock.is_let_in()
    clock.pass_by(59)
    assert not clock.is_let_in()
    clock.pass_by(61)
    assert clock.is_let_in()


@BOTH
def test_with_the_clock_put_back_what_was_left_is_left(limit: Limit) -> None:
    clock = Clocked(limit)
    assert clock.is_let_in()
    clock.pass_by(-3600)
    assert [clock.is_let_in() for _ in range(3)] == [True, True, False]


@BOTH
@given(steps=st.lists(st.floats(0, 40) | st.floats(-7200, 0), max_size=40))
def test_without_a_step_forward_nobody_gets_more_in_a_minute_of_real_time(
    limit: Limit, steps: list[float]
) -> None:
    """Time that passes is at least 0; a clock that is put back only makes limits hold longer."""
    clock, real, let_in = Clocked(limit), 0.0, []
    for step in steps:
        clock.pass_by(step)
        real += max(step, 0)
        if clock.is_let_in():
            let_in.append(real)
    for at in let_in:
        assert sum(at <= other < at + 59.9 for other in let_in) <= limit.most


@BOTH
@given(steps=st.lists(st.floats(-7200, 7200), max_size=20))
def test_however_the_clock_was_set_a_quiet_minute_frees_the_limit(
    limit: Limit, steps: list[float]
) -> None:
    clock = Clocked(limit)
    for step in steps:
        clock.use_up()
        clock.pass_by(step)
    clock.is_let_in()
    clock.pass_by(60)
    assert clock.is_let_in()
