"""Django's SQLite, with three things that a server does by itself.

A database is never made by accident, one that was removed is noticed, and no read lasts for ever.
https://docs.djangoproject.com/en/5.2/ref/databases/#subclassing-the-built-in-database-backends
"""

import math
import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from django.db import OperationalError
from django.db.backends.sqlite3 import base

# SQLite asks after so many of its steps whether to go on: about a millisecond.
_STEPS = 10_000


class _Connection(sqlite3.Connection):
    """`until` is when the statement that runs has to end, by time.monotonic()."""

    until = math.inf


class _Cursor(base.SQLiteCursorWrapper):
    read_seconds = math.inf

    def execute(self, query: str, params: Any = None) -> Any:
        is_read = query.startswith(("SELECT", "WITH"))
        connection = cast(_Connection, self.connection)
        connection.until = time.monotonic() + self.read_seconds if is_read else math.inf
        return super().execute(query, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """OPTIONS takes `read_seconds` as well: a read that lasts longer ends in OperationalError,
    "interrupted"."""

    def make_file(self) -> None:
        """Makes an empty database where there is none, for its owner alone. `migrate` does it."""
        if path := self._path():
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        self._read_seconds = params.pop("read_seconds", math.inf)
        if path := self._path():
            # Without "c", which would make a file: https://www.sqlite.org/uri.html
            params["database"] = f"{path.as_uri()}?mode=rw"
        return params | {"factory": _Connection}

    def get_new_connection(self, conn_params: dict[str, Any]) -> _Connection:
        connection: _Connection = super().get_new_connection(conn_params)
        connection.set_progress_handler(lambda: time.monotonic() > connection.until, _STEPS)
        self._opened = self._identity()
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = self.connection.cursor(factory=_Cursor)
        cursor.read_seconds = self._read_seconds
        return cursor

    def is_usable(self) -> bool:
        """Asked at the begin of each request (CONN_HEALTH_CHECKS); False opens the file anew."""
        return self._identity() == self._opened

    def _close(self) -> None:
        """Lets SQLite count what the planner of long queries has to know, if it wants to:
        https://www.sqlite.org/lang_analyze.html#recommended_usage_patterns"""
        if self.connection is not None and self._path() and self.is_usable():
            self.connection.until = math.inf
            # Never worth a wait for another writer, and a file may be read-only.
            with suppress(sqlite3.Error):
                for pragma in ("busy_timeout = 0", "analysis_limit = 1000", "optimize"):
                    self.connection.execute(f"PRAGMA {pragma}")
        super()._close()  # type: ignore[misc]  # not in django-stubs

    def _commit(self) -> None:
        """Raises OperationalError where the file is no longer the one that was opened: what was
        written has gone where nobody will read it."""
        super()._commit()  # type: ignore[misc]  # not in django-stubs
        if self.connection is not None and not self.is_usable():
            raise OperationalError("the database's file was removed or replaced")

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = path.stat() if (path := self._path()) else None
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if found else (0, 0)

    def _path(self) -> Path | None:
        """None in memory, as tests have it."""
        name = self.settings_dict["NAME"]
        return None if self.is_in_memory_db() else Path(name).absolute()
