"""What commands that answer a question with their exit status share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from secrets_ui.domain.errors import ConsoleError

NOT_KNOWN = 2  # the exit status where the question could not be answered


@contextmanager
def not_known_on_error() -> Iterator[None]:
    """Ends the command with what failed and what to do about it."""
    try:
        yield
    except ConsoleError as error:
        raise CommandError(
            f"{error.message} {error.remedy}".strip(), returncode=NOT_KNOWN
        ) from None
