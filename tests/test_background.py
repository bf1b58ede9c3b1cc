"""What repeats beside the server: it ends with its parent, or with one of its threads."""

from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from miyabi_admin import background

OTHER = 1


def test_each_command_repeats_until_the_parent_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, parents, may_end = list[tuple[str, int]](), [7, 7, OTHER], Event()

    def repeat(command: str, every: int) -> None:
        begun.append((command, every))
        may_end.wait()

    stand_in(monkeypatch, repeat, lambda: parents.pop(0))
    background.main(7, ["settle_audit=60", "run_checks=300"])
    may_end.set()
    assert sorted(begun) == [("run_checks", 300), ("settle_audit", 60)]
    assert parents == []


def test_it_ends_with_a_command_that_ended_and_is_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in(monkeypatch, lambda command, every: None, lambda: 7)
    assert background.main(7, ["settle_audit=60"]) == 1


def stand_in(monkeypatch: pytest.MonkeyPatch, command: Any, getppid: Any) -> None:
    monkeypatch.setattr(background, "call_command", command)
    monkeypatch.setattr(background.os, "getppid", getppid)
    monkeypatch.setattr(background, "time", SimpleNamespace(sleep=lambda _: None))
