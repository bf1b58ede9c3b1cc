"""Calls to AWS that are made side by side."""

import time

from secrets_ui.services import aws_access
from tests.conftest import finish_calls


def test_a_test_can_wait_for_calls_that_nobody_waits_for() -> None:
    ended: list[int] = []

    def call(number: int) -> None:
        time.sleep(0.01)
        ended.append(number)

    for number in range(40):
        aws_access.begin(lambda number=number: call(number))
    finish_calls()
    assert sorted(ended) == list(range(40))
