"""`python -m testkit.forking SOCKET ROOM`: reads what a console reads, and forks for each program
that warm.py asks for. A fork's command, as `ps` shows it, has as much room as these arguments.
"""

import atexit
import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import ModuleType
from typing import Any, NoReturn
from weakref import finalize

from django.conf import settings
from django.db import connections

from testkit.reading import read

# What Python is started with: not by options such as -I, which no fork has.
KINDS = ("-W", "-c", "-m", "manage.py")
_read_ahead: set[str] = set()  # names of modules; a fork of a fork reads all others anew


class Forking(subprocess.Popen[Any]):
    """What another Python is started with: a fork, in a program that has read no settings yet."""

    def _execute_child(self, args: Sequence[str], *more: Any) -> None:
        cwd, environ = more[4:6]
        if settings.configured or args[0] != sys.executable or args[1] not in KINDS:
            super()._execute_child(args, *more)  # type: ignore[misc]  # its own, as what follows
            return
        stdin, _, _, stdout, _, stderr = streams = more[9:15]
        sys.stdout.flush()  # or the fork would write it too
        if not (pid := os.fork()):
            if more[20]:  # start_new_session
                os.setsid()
            os.chdir(cwd or ".")
            _forget()
            gc.freeze()  # what is left of it would close files that are another's by then
            here = os.environ if environ is None else environ
            _end(_become(list(args[1:]), here, (stdin, stdout, stderr)))
        self.pid, self._child_created = pid, True
        self._close_pipe_fds(*streams)  # type: ignore[attr-defined]


def _forget() -> None:
    """What the program that forks has read, and what it means to do at its own end."""
    for name in sys.modules.keys() - _read_ahead - {"__main__"}:
        del sys.modules[name]
    atexit._clear()
    finalize._registry.clear()  # type: ignore[attr-defined]
    finalize._registered_with_atexit = False  # type: ignore[attr-defined]


def serve(control: socket.socket) -> list[str]:
    """Forks for each request, and tells of each end. Returns, in a fork, what it has to run."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    told: dict[int, int] = {}  # by process id, where its end is awaited
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 1000)
            _tell(told)
        if control.fileno() in ready:
            text, files, *_ = socket.recv_fds(control, 2**20, 4)
            if not text:
                os._exit(0)
            if not (pid := os.fork()):
                control.detach()
                arguments, environ, leads_group = json.loads(text)
                if leads_group:
                    os.setsid()
                return _become(arguments, environ, files[:3])
            os.write(files[3], b"%d\n" % pid)
            told[pid] = files[3]
            for file in files[:3]:
                os.close(file)


def _tell(told: dict[int, int]) -> None:
    while told:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with suppress(BrokenPipeError):
            os.write(told[pid], b"%d\n" % os.waitstatus_to_exitcode(status))
        os.close(told.pop(pid))


def _become(arguments: list[str], environ: Mapping[str, str], files: Sequence[int]) -> list[str]:
    """A process as if it had just been started. Returns what it has to run; -1 keeps a stream."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)) and number != signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream, file in enumerate(files):
        if file != -1:
            os.dup2(file, stream)
    os.closerange(3, 1024)
    _show([sys.executable, *arguments])
    wanted = dict(environ)
    os.environ.clear()
    os.environ.update(wanted)
    _open_streams(os.environ.get("PYTHONIOENCODING", ""))
    sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return arguments


def _open_streams(encoding: str) -> None:
    """Anew: what a file was cannot be asked of a pipe. Without `encoding`, the locale's."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        of_locale = getattr(sys, f"__{name}__")
        stream = open(  # noqa: SIM115  until the process ends
            number,
            "w" if number else "r",
            buffering=1 if name == "stderr" else -1,
            encoding=encoding or of_locale.encoding,
            errors="strict" if encoding and name != "stderr" else of_locale.errors,
            closefd=False,
        )
        setattr(sys, name, stream)


def _show(command: list[str]) -> None:
    """The command that `ps` shows, where there is /proc, in place of the warm Python's."""
    with suppress(OSError), open("/proc/self/stat") as file:
        # arg_start and arg_end, fields 48 and 49 of proc_pid_stat(5)
        start, end = map(int, file.read().rpartition(")")[2].split()[45:47])
        text = "\0".join(command).encode()[: end - start - 1]
        ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


def run_here(arguments: list[str]) -> None:
    """As the interpreter would."""
    while arguments[0] == "-W":
        warnings.simplefilter(arguments[1])  # type: ignore[arg-type]  # a word such as "error"
        arguments = arguments[2:]
    kind, *rest = arguments
    if kind == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.modules["__main__"] = fresh = ModuleType("__main__")
        exec(compile(rest[0], "<string>", "exec"), vars(fresh))  # noqa: S102  a test's own text
    else:
        sys.argv = arguments
        runpy.run_path(kind, run_name="__main__")


def _end(arguments: list[str]) -> NoReturn:
    """Without the interpreter's own end, which touches all that was read."""
    status: Any = 0
    try:
        run_here(arguments)
    except SystemExit as ended:
        status = ended.code or 0
        if not isinstance(status, int):
            print(status, file=sys.stderr)
            status = 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        status = 1
    if settings.configured:
        connections.close_all()  # SQLite then puts its log into the file
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    read()
    _read_ahead.update(sys.modules)
    gc.freeze()
    subprocess.Popen = Forking  # type: ignore[misc]
    _end(serve(socket.socket(fileno=int(sys.argv[1]))))
