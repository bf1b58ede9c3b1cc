"""What each process of the console does first: others on its machine, and its own children, shall
learn no more of it than they need."""

import ctypes
import os
import resource
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .counting import FOLDER

# https://man7.org/linux/man-pages/man2/pr_set_dumpable.2const.html
_PR_SET_DUMPABLE = 4
# What a database in a file consists of: https://sqlite.org/tempfiles.html
_SQLITE_FILES = ("", "-wal", "-shm", "-journal")

_taken: dict[str, str] = {}
_is_hardened = False


def harden() -> None:
    """From now on this process leaves no core file, is read by nobody but root, and makes files
    that only its own user can read.

    Forked processes inherit all of it. A new program keeps what holds for files alone, and calls
    this again.
    """
    global _is_hardened  # a process has one state
    _is_hardened = True
    os.umask(0o077)
    # Whoever forbids the call has set the limit. A process that root alone reads dumps no core.
    with suppress(OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Its environment, its memory and its open files in /proc are root's then.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def is_hardened() -> bool:
    return _is_hardened


def take_out(names: Iterable[str]) -> None:
    """Takes variables that were read out of the environment, so that no child inherits them and
    /proc/PID/environ does not show them. Does nothing in a process that is not hardened.
    """
    if not _is_hardened:
        return
    for name in names:
        if name in os.environ:
            _taken[name] = os.environ[name]
            _wipe(name)
            del os.environ[name]


def environ_of_command() -> dict[str, str]:
    """For a command of this console that this process starts: it reads the same settings, and does
    not count with the server, where each command would leave a file."""
    return {name: value for name, value in (os.environ | _taken).items() if name != FOLDER}


def _wipe(name: str) -> None:
    """The kernel shows the memory in which the variables stood at the start of the program."""
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    address = libc.getenv(name.encode())
    if address:
        ctypes.memset(address, 0, len(os.fsencode(os.environ[name])))


def narrow_database(database: Path) -> None:
    """A database that an earlier release made gets the mode of a new one. Does nothing where the
    file is somebody else's, or in a process that is not hardened."""
    for end in _SQLITE_FILES if _is_hardened else ():
        with suppress(OSError):
            database.with_name(database.name + end).chmod(0o600)
