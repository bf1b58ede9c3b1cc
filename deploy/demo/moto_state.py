"""Writes moto's contents to a file and reads them back, so that a demo can go on with them."""

import os
import pickle
import sys
import threading
import traceback
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any
from weakref import WeakValueDictionary

import moto
from moto.core.base_backend import BackendDict


class StateError(Exception):
    """The file cannot be read back; the message says why."""


class MotoState:
    """The lock that every request holds, and the file that follows what the requests change.

    Without a path nothing is read or written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._is_saved = True

    @contextmanager
    def request(self) -> Iterator[None]:
        """Runs one request alone, and remembers that the file has to be written again."""
        with self._lock:
            self._is_saved = False
            yield

    def load(self) -> None:
        """Fill moto from the file, if it is there. Raises StateError."""
        if self.path and self.path.exists():
            load_backends(self.path)

    def save(self) -> None:
        """Write the file if a request came since the last time. Never raises: the server goes on.

        A file that could not be written is removed. An old one would not match the database.
        """
        if not self.path or self._is_saved:
            return
        with self._lock:
            try:
                save_backends(self.path)
                self._is_saved = True
            except Exception:
                traceback.print_exc(file=sys.stderr)
                self.path.unlink(missing_ok=True)


def save_backends(path: Path) -> None:
    """Write all services of all accounts and Regions to `path`, readable by its owner alone."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        pickle.dump(moto.__version__, file)
        # Services and Regions of all accounts.
        StatePickler(file, pickle.HIGHEST_PROTOCOL).dump(contents_of())
    unfinished.replace(path)


def load_backends(path: Path) -> None:
    """Replace moto's backends by those in `path`. Raises StateError when another moto wrote it.

    Unpickling runs code, so `path` must be a file that the demo itself wrote.
    """
    with path.open("rb") as file:
        version = pickle.load(file)  # noqa: S301 - written by save_backends
        if version != moto.__version__:
            raise StateError(
                f"{path} is of moto {version}, and moto {moto.__version__} is installed:"
                " start without KEEP=1."
            )
        put_back(pickle.load(file))  # noqa: S301 - as above


def contents_of(only: Collection[str] | None = None) -> dict[type, dict[str, dict[str, Any]]]:
    """What moto holds, by the backend's class, by account, by Region: of the accounts in `only`, by
    default of all."""
    # By class, not by service: Lambda has two, which go by one name.
    return {
        service.backend: {
            account: dict(regions)
            for account, regions in service.items()
            if regions and (only is None or account in only)
        }
        for service in BackendDict._instances  # type: ignore[misc]
    }


def put_back(contents: Mapping[type, Mapping[str, Mapping[str, Any]]]) -> None:
    """Put into moto what `contents_of` gave, in place of what the same accounts hold."""
    for backend, accounts in contents.items():
        service = _find_service(backend)
        for account, regions in accounts.items():
            service[account].update(regions)


@cache
def _find_service(backend: type) -> BackendDict[Any]:
    """moto keeps the accounts of a service beside the class of its backend."""
    for value in vars(sys.modules[backend.__module__]).values():
        if isinstance(value, BackendDict) and value.backend is backend:
            return value
    raise LookupError(f"moto has no service of {backend}.")


class StatePickler(pickle.Pickler):
    """Knows two kinds of dict that Lambda's backend has, and pickle alone refuses.

    The items are given apart from the dict (as pickle does for a plain one), because they can
    lead back to it.
    """

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, WeakValueDictionary):
            return WeakValueDictionary, (), None, None, iter(obj.items())
        if isinstance(obj, defaultdict) and obj.default_factory:
            # A lambda has no name by which it could be found again: `lambda: {}` becomes `dict`.
            factory = obj.default_factory
            kind = type(factory()) if isinstance(factory, FunctionType) else factory
            return defaultdict, (kind,), None, None, iter(obj.items())
        return NotImplemented
