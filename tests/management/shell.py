"""A shell for the tests of commands: what comes in, what comes out, and the exit status."""

import io
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command

from secrets_ui.management import looping


class Input(io.StringIO):
    """Standard input that was piped: bytes, as they are."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.buffer = io.BytesIO(content)


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands in a person's name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def run(self, command: str, *arguments: str, name: str = "", stdin: bytes = b"") -> Ended:
        self._monkeypatch.setattr("sys.stdin", Input(stdin))
        out, err = io.StringIO(), io.StringIO()
        who = ("--as", name) if name else ()
        try:
            call_command(command, *arguments, *who, stdout=out, stderr=err, no_color=True)
        except SystemExit as ended:
            return Ended(int(ended.code or 0), out.getvalue(), err.getvalue())
        return Ended(0, out.getvalue(), err.getvalue())


class LoopClock:
    """Time that passes in pauses alone; after `rounds` of them the parent process is gone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, command: Any, rounds: int) -> None:
        self.now, self.pauses, self.rounds = 0.0, list[float](), rounds
        monkeypatch.setattr(command, "time", self)
        monkeypatch.setattr(looping, "time", self)
        monkeypatch.setattr(looping, "os", self)
        monkeypatch.setattr(looping.connections, "close_all", lambda: None)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def getppid(self) -> int:
        return 1 if len(self.pauses) < self.rounds else 2
