"""The process beside the console: when it is started again, and how it is ended."""

import subprocess
from typing import cast

import pytest

from miyabi_admin.beside import FIRST_PAUSE, LONGEST_PAUSE, SOUND, Beside, pause_after


class Process:
    """A process as Popen shows it."""

    def __init__(self) -> None:
        self.has_ended = self.hangs = False
        self.told = list[str]()

    def poll(self) -> int | None:
        return 1 if self.has_ended else None

    def terminate(self) -> None:
        self.told.append("terminate")

    def wait(self, timeout: float) -> int:
        if self.hangs:
            raise subprocess.TimeoutExpired("background", timeout)
        return 0

    def kill(self) -> None:
        self.told.append("kill")


class Starter:
    def __init__(self) -> None:
        self.started: list[Process] = []
        self.fails = False

    def __call__(self) -> subprocess.Popen[bytes]:
        if self.fails:
            raise OSError("no memory")
        self.started.append(Process())
        return cast("subprocess.Popen[bytes]", self.started[-1])


def test_pauses_double_up_to_the_longest() -> None:
    pauses, pause = [], 0.0
    for _ in range(9):
        pause = pause_after(1, pause)
        pauses.append(pause)
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, LONGEST_PAUSE]


@pytest.mark.parametrize(("life", "pause"), [(SOUND - 1, 128), (SOUND, FIRST_PAUSE)])
def test_after_a_long_life_the_pauses_begin_anew(life: float, pause: float) -> None:
    assert pause_after(life, 64) == pause


def test_a_command_that_runs_is_left_alone() -> None:
    starter = Starter()
    command = Beside(starter)
    for now in range(100):
        command.look(now)
    assert len(starter.started) == 1


def test_one_that_is_gone_is_started_again_each_time_after_a_longer_pause() -> None:
    starter, starts = Starter(), []
    command = Beside(starter)
    for now in range(40):
        before = len(starter.started)
        command.look(now)
        if len(starter.started) > before:
            starts.append(now)
            starter.started[-1].has_ended = True
    assert starts == [0, 3, 8, 17, 34]


def test_one_that_cannot_be_started_is_tried_again() -> None:
    starter = Starter()
    starter.fails = True
    command = Beside(starter)
    command.look(0)
    starter.fails = False
    command.look(1)
    assert starter.started == []
    command.look(2)
    assert len(starter.started) == 1


@pytest.mark.parametrize("hangs", [False, True])
def test_at_the_end_it_is_asked_to_end_and_then_made_to(hangs: bool) -> None:
    starter = Starter()
    command = Beside(starter)
    command.end()
    command.look(0)
    starter.started[0].hangs = hangs
    command.end()
    assert starter.started[0].told == ["terminate", "kill"]
