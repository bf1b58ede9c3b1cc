"""manage.py migrate: also makes the file of an SQLite database, which nothing else does."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    def execute(self, *args: Any, **options: Any) -> str | None:
        """Before the checks, which look into the database."""
        if make_file := getattr(connections[options["database"]], "make_file", None):
            try:
                make_file()
            except OSError as error:
                raise CommandError(
                    f"The database's file cannot be made: {error.strerror}."
                ) from None
        return super().execute(*args, **options)
