"""SQLite as the console has it: never made by accident, never gone unnoticed, no endless read."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, transaction
from django.db.utils import load_backend

from miyabi_admin.sqlite.base import DatabaseWrapper

# It counts for ever; with LIMIT up to a number.
COUNT = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n {}) SELECT MAX(x) FROM n"


@pytest.fixture
def database(tmp_path: Path, django_db_blocker: Any) -> Iterator[DatabaseWrapper]:
    """A connection with the console's settings to a file that is not there yet."""
    name = str(tmp_path / "a folder?" / "db 100%.sqlite3")
    Path(name).parent.mkdir()
    options = django_settings.DATABASES["default"]["OPTIONS"]
    own = django_settings.DATABASES["default"] | {"NAME": name, "OPTIONS": options}
    connection = load_backend("miyabi_admin.sqlite").DatabaseWrapper(own, "default")
    with django_db_blocker.unblock():
        yield connection
    connection.close()


def execute(database: DatabaseWrapper, statement: str) -> list[tuple[object, ...]]:
    with database.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def add_a_row(database: DatabaseWrapper) -> None:
    database.set_autocommit(False)
    try:
        execute(database, "INSERT INTO kept VALUES (1)")
        database.commit()
    finally:
        database.rollback()
        database.set_autocommit(True)


def test_s60_a_database_is_made_by_migrate_alone(database: DatabaseWrapper) -> None:
    path = Path(database.settings_dict["NAME"])
    with pytest.raises(OperationalError, match="unable to open database file"):
        database.ensure_connection()
    assert not path.exists()
    database.make_file()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    execute(database, "CREATE TABLE kept (number INTEGER)")
    database.close()
    database.make_file()
    assert execute(database, "SELECT * FROM kept") == []


@pytest.mark.parametrize("is_replaced", [False, True])
def test_s60_what_is_written_to_a_file_that_is_gone_is_an_error(
    database: DatabaseWrapper, is_replaced: bool
) -> None:
    path = Path(database.settings_dict["NAME"])
    database.make_file()
    execute(database, "CREATE TABLE kept (number INTEGER)")
    add_a_row(database)
    assert database.is_usable()
    os.rename(path, path.with_name("elsewhere"))
    if is_replaced:
        path.write_bytes(path.with_name("elsewhere").read_bytes())
    with pytest.raises(OperationalError, match="removed or replaced"):
        add_a_row(database)
    # As at the begin of a request.
    assert not database.is_usable()
    database.close()
    if is_replaced:
        add_a_row(database)
    else:
        with pytest.raises(OperationalError, match="unable to open"):
            add_a_row(database)


def test_a_read_ends_when_its_time_is_over_and_the_connection_goes_on(
    database: DatabaseWrapper,
) -> None:
    database.settings_dict["OPTIONS"] = {"read_seconds": 0}
    database.make_file()
    with pytest.raises(OperationalError, match="interrupted"):
        execute(database, COUNT.format(""))
    assert execute(database, "SELECT 1") == [(1,)]
    # A write may last: it is what makes an index of a long log.
    execute(database, f"CREATE TABLE counted AS {COUNT.format('LIMIT 20000')}")
    assert execute(database, "SELECT * FROM counted") == [(20000,)]


def test_every_read_of_the_console_has_an_end() -> None:
    assert django_settings.DATABASES["default"]["OPTIONS"]["read_seconds"] == 10
    assert transaction.get_connection().settings_dict["ENGINE"] == "miyabi_admin.sqlite"
