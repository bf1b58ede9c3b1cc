"""Passwords are hashed by Argon2id, so many at once over all workers of this machine.

See docs/decisions/0020-memory-of-hashes.md.
"""

import fcntl
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.crypto import salted_hmac

from ...domain.errors import ConsoleError
from ...domain.memory import HASH_KIB

log = logging.getLogger("miyabi.hashing")
PATIENCE = 5  # seconds until a place is free
# A container whose file system is read-only may have no other folder to write to.
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is checked for its owner
_PAUSE = 0.02  # seconds between two looks; a hash takes about as long


class HashingBusy(ConsoleError):
    """So many passwords are being hashed that there was no place for this one in time."""

    status = 503
    title = "Too many passwords are being checked just now"
    remedy = "Wait a few seconds, then try again."
    retry_after = 5

    def __init__(self) -> None:
        super().__init__("Yours was not looked at, and this does not count as a failure.")


class Argon2(Argon2PasswordHasher):
    """With OWASP's parameters; Django makes a hash of others anew when its password is next right.

    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
    """

    memory_cost = HASH_KIB
    time_cost = 1
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Raises HashingBusy."""
        with one_place():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Raises HashingBusy."""
        with one_place():
            return super().verify(password, encoded)


@contextmanager
def one_place() -> Iterator[None]:
    """Waits for one of HASHES_AT_ONCE places. Raises HashingBusy after PATIENCE.

    A place is a locked file: the system takes the lock off when its process dies.
    """
    opened = _wait_for_place()
    try:
        yield
    finally:
        os.close(opened)


def _wait_for_place() -> int:
    until = time.monotonic() + PATIENCE
    try:
        folder = _folder()
        while (opened := _take_place(folder)) is None:
            if time.monotonic() > until:
                raise HashingBusy
            time.sleep(_PAUSE)
    except OSError as error:
        log.error("no place for a hash", extra={"error": str(error)})
        raise HashingBusy from None
    return opened


def _take_place(folder: Path) -> int | None:
    """The file descriptor that holds the lock."""
    for number in range(settings.HASHES_AT_ONCE):
        opened = os.open(folder / str(number), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(opened)
        else:
            return opened
    return None


def _folder() -> Path:
    """One for each console, by a key that all its workers have. Raises OSError."""
    name = salted_hmac("miyabi.hashing", "", algorithm="sha256").hexdigest()[:16]
    is_there = os.access(SHARED_MEMORY, os.W_OK)
    folder = (SHARED_MEMORY if is_there else Path(tempfile.gettempdir())) / f"miyabi-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.geteuid() or folder.is_symlink():
        raise PermissionError(f"{folder} is another user's.")
    return folder
