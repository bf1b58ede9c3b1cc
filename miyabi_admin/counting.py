"""Where the processes of one server count, so that each of them can tell the sum.

prometheus_client keeps a file for each process in a folder, and adds them up at a scrape:
https://prometheus.github.io/client_python/multiprocess/
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own variable
_PREFIX = "miyabi-metrics-"
# Open files by which this server and its workers hold their folders.
_held: list[int] = []


def make_folder(parent: Path) -> Path:
    """For this process and those that it starts; its user alone may enter it.

    Folders of servers that were killed are deleted. Raises OSError.
    """
    _delete_left_behind(parent)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        # Another server that starts just now may have taken it for one left behind.
        if (held := _hold(folder)) is not None and folder.exists():
            _held.append(held)
            os.environ[FOLDER] = str(folder)
            return folder


def delete_folder() -> None:
    if folder := os.environ.pop(FOLDER, ""):
        shutil.rmtree(folder, ignore_errors=True)


def count_as(name: str) -> None:
    """From now on this process counts in the file `name`, of which it is the only writer, and goes
    on from what an earlier process counted there. Comes before the first metric is made; does
    nothing where there is no folder.

    By the process's id, as is the library's default, each restart would leave a file behind.
    """
    if FOLDER in os.environ:
        from prometheus_client import values

        # systemd's RemoveIPC may have deleted it since; a worker must not fail for that.
        os.makedirs(os.environ[FOLDER], mode=0o700, exist_ok=True)
        values.ValueClass = values.MultiProcessValue(lambda: name)  # type: ignore[no-untyped-call]


def free_place(taken: set[int]) -> int:
    """The least number that is not taken."""
    return next(number for number in range(len(taken) + 1) if number not in taken)


def _delete_left_behind(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        if (held := _hold(folder)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held)


def _hold(folder: Path) -> int | None:
    """A lock that lasts as long as the processes that inherit it; None where another holds it, or
    the folder is somebody else's."""
    with suppress(OSError):
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
        else:
            return held
    return None
