"""The token bucket, with a clock of its own."""

from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.pace import Pace, TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_after_a_burst_it_lets_through_as_many_as_the_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(10, burst=5, clock=clock, sleep=clock.sleep)
    waits = [round(bucket.take(), 6) for _ in range(8)]
    assert waits == [0, 0, 0, 0, 0, 0.1, 0.1, 0.1]


@given(st.lists(st.floats(0, 3), min_size=20, max_size=60), st.integers(1, 20), st.integers(1, 5))
def test_no_second_ever_sees_more_than_the_rate_and_one_burst(
    pauses: list[float], rate: int, burst: int
) -> None:
    clock = Clock()
    bucket, times = TokenBucket(rate, burst, clock, clock.sleep), []
    for pause in pauses:
        clock.sleep(pause / rate)
        bucket.take()
        times.append(clock.now)
    for first in times:
        assert sum(first <= at < first + 1 for at in times) <= rate + burst


def test_each_service_has_a_rate_of_its_own_and_calls_are_counted() -> None:
    clock = Clock()
    pace = Pace({"cloudtrail": 1}, 100, clock=clock, sleep=clock.sleep)
    for _ in range(10):
        pace("cloudtrail.LookupEvents")
    assert round(clock.now - 100) == 5
    for _ in range(10):
        pace("iam.GetRole")
    assert clock.now - 100 < 5.2
    assert pace.take_calls() == {"cloudtrail.LookupEvents": 10, "iam.GetRole": 10}
    assert pace.take_calls() == {}
