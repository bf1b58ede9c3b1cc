"""How a command ends that answers a question by its exit status and has no answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import Error

from secrets_ui.domain.errors import ConsoleError, DatabaseAway

NOT_KNOWN = 2


@contextmanager
def or_not_known() -> Iterator[None]:
    """Any error ends the command with NOT_KNOWN: Python's own status for one, 1, is an answer."""
    try:
        yield
    except ConsoleError as error:
        message = f"{error.message} {error.remedy}".strip()
        raise CommandError(message, returncode=NOT_KNOWN) from None
    # Its text may hold the database's password.
    except Error:
        raise CommandError(f"{DatabaseAway.title}.", returncode=NOT_KNOWN) from None
