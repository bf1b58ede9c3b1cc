"""Processes as tests hold them: started once, asked often; consoles can be forked, to be killed."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from testkit import warm
from testkit.aws_proxy import LOST, Answer, AwsProxy

PATIENCE = 180  # seconds for one answer, on a machine that is busy


class Worker:
    """A process that answers each JSON line with one, the first without being asked.

    `environ` comes on top of the test's own. It is a fork of a Python that has read its modules.
    """

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self.log = log
        (its_stdin, stdin), (stdout, its_stdout) = os.pipe(), os.pipe()
        with log.open("ab") as stderr:
            self._process = warm.begin(
                arguments, {**os.environ, **environ}, its_stdin, its_stdout, stderr.fileno()
            )
        for its in (its_stdin, its_stdout):
            os.close(its)
        self._stdin, self._stdout = os.fdopen(stdin, "w"), os.fdopen(stdout, "rb", buffering=0)
        self._heard = b""

    def wait_until_ready(self) -> Self:
        self.hear()
        return self

    def send(self, **job: Any) -> None:
        self.write(f"{json.dumps(job)}\n")

    def write(self, text: str) -> None:
        self._stdin.write(text)
        self._stdin.flush()

    def hear(self) -> Any:
        """The next line. What comes with it is kept: nobody would be told of it once more."""
        while b"\n" not in self._heard:
            ready, _, _ = select.select([self._stdout], [], [], PATIENCE)
            read = os.read(self._stdout.fileno(), 65536) if ready else b""
            assert read, f"The process said nothing. Its log ends: {self.log.read_text()[-3000:]}"
            self._heard += read
        line, _, self._heard = self._heard.partition(b"\n")
        return json.loads(line)

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> None:
        self.end()

    def end(self) -> None:
        for stream in (self._stdin, self._stdout):
            stream.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)


class Console(Worker):
    """A process that runs the console's services (worker.py).

    Given a list of idle ones, it joins them when it is stopped, and can begin anew.
    """

    def __init__(
        self, environ: Mapping[str, str], log: Path, idle: list[Console] | None = None
    ) -> None:
        super().__init__(["-W", "error", "-m", "tests.processes.worker"], environ, log)
        self._idle = idle
        self._ready: dict[str, Any] = {"ready": self._process.pid}

    def begin_anew(self, database: str) -> None:
        self._ready = {"said": database}
        self.tell("use_database", url=database)

    def wait_until_ready(self) -> Self:
        while self.hear() != self._ready:
            pass  # what an earlier test asked and did not wait for
        return self

    def stop(self) -> None:
        if self._idle is None or self._process.poll() is not None:
            self.end()
        elif self not in self._idle:
            self._idle.append(self)

    def ask(self, do: str, **job: Any) -> Any:
        """Runs a job (jobs.py) and returns what it said."""
        self.tell(do, **job)
        return self.hear()["said"]

    def tell(self, do: str, **job: Any) -> None:
        self.send(do=do, **job)

    def fork(self, do: str, **job: Any) -> Child:
        """A child that will run the job once it is told to go."""
        self.tell(do, fork=True, **job)
        return Child(self, self.hear()["pid"])


class Child:
    """A forked console: one job, then its end, by itself or by a signal."""

    def __init__(self, parent: Console, pid: int) -> None:
        self._parent, self.pid = parent, pid

    def go(self) -> None:
        # One byte: a child that is killed now has read all of it or nothing.
        self._parent.write("\n")

    def end(self) -> tuple[int, Any]:
        """The exit status (minus the signal's number if killed), and what the job printed."""
        said = None
        while True:
            heard = self._parent.hear()
            if "ended" in heard:
                return int(heard["ended"]), said
            said = heard["said"]


@dataclass(frozen=True)
class Consoles:
    """`mortal` calls AWS through the proxy and is killed; `steady` settles afterwards.

    Both are on the same database.
    """

    mortal: Console
    steady: Console
    proxy: AwsProxy

    def kill_at(self, call: str, moment: str, do: str, *, nth: int = 1, **job: Any) -> None:
        """Runs a job in a child that is killed before or after AWS carries out the nth call."""
        child = self.mortal.fork(do, **job)

        def kill() -> Answer:
            os.kill(child.pid, signal.SIGKILL)
            return LOST

        self.proxy.reset()
        (self.proxy.before if moment == "before" else self.proxy.after)(call, kill, nth)
        child.go()
        assert child.end() == (-signal.SIGKILL, None), f"{call} was not called: {self.proxy.calls}"
