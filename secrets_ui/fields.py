"""Columns for text that may come from outside: what is written and looked up is always storable.

A column that holds AWS's or a person's words is one of these, so that no text ends in an error of
the database. Migrations and type checkers know them as Django's own.
"""

from typing import TYPE_CHECKING, Any

from django.db import models

from .domain.texts import storable

if TYPE_CHECKING:
    from django.db.models import CharField as TextLine
    from django.db.models import TextField as Text
else:

    class _Storable:
        def get_prep_value(self, value: Any) -> Any:
            value = super().get_prep_value(value)
            return storable(value) if isinstance(value, str) else value

        def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
            name, _, arguments, options = super().deconstruct()
            return name, f"django.db.models.{self.get_internal_type()}", arguments, options

    class TextLine(_Storable, models.CharField):
        """A CharField."""

    class Text(_Storable, models.TextField):
        """A TextField."""


__all__ = ["Text", "TextLine"]
