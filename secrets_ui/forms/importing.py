"""The form of an import: the pasted text, and which of its keys are taken."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django import forms
from django.core.exceptions import ValidationError

from ..domain.changes.edit import Edit
from ..domain.secrets.document import Change
from ..domain.secrets.secret_value import SecretValue
from .changes import ConfirmForm, ValueField
from .pasted import Pasted, parse_pasted

Item = TypeVar("Item")
_PLACES = r"\A(?:[0-9]{1,5}(?:,[0-9]{1,5})*)?\Z"


class ImportForm(ConfirmForm):
    """`take` and `remove` are places, joined by commas: a form of 500 keys stays one of few fields,
    and a form changes line breaks in a key's name.

    `take` counts the keys of the text, `remove` those of the version `base`. A form without a
    script has neither, and takes every key that has a value.
    """

    pasted = ValueField()
    take = forms.RegexField(_PLACES, required=False)
    remove = forms.RegexField(_PLACES, required=False)

    def clean_pasted(self) -> SecretValue:
        value: SecretValue = self.cleaned_data["pasted"]
        if not value.reveal().strip():
            raise ValidationError("Paste a .env or JSON, or drop a file.")
        return value

    def parse(self) -> Pasted:
        """Raises InvalidDocument."""
        return parse_pasted(self.cleaned_data["pasted"])

    def whole_edit(self, secret: str, pasted: Pasted) -> Edit:
        """Takes every key that is a text, for the review."""
        return self.edit(secret, changes=pasted.changes)

    def chosen_edit(self, secret: str, pasted: Pasted, names: Sequence[str]) -> Edit:
        """Takes what was chosen. `names` are the keys of the version `base`.

        Raises ValidationError where nothing was, or where a key is not there.
        """
        taken = self._chosen("take", pasted.changes, "The text is not the one that was reviewed.")
        gone = "The keys of the version that this page shows are not known any more."
        removed = self._chosen("remove", names, gone)
        changes = (*taken, *(Change(key, None) for key in removed))
        if not changes:
            raise ValidationError("Choose at least one key.")
        return self.edit(secret, changes=changes, imported=_keys(taken))

    def filled_edit(self, secret: str, pasted: Pasted) -> Edit:
        """Takes every key that has a value. Raises ValidationError where a key cannot be taken."""
        for key, why in pasted.unfit:
            raise ValidationError(f"{key} {why}.")
        return self.edit(secret, changes=pasted.filled, imported=_keys(pasted.filled))

    def _chosen(self, field: str, items: Sequence[Item], gone: str) -> list[Item]:
        """Each chosen one once. Raises ValidationError, with `gone`, for one that is not there."""
        places = {int(place) for place in self.cleaned_data[field].split(",") if place}
        if any(place >= len(items) for place in places):
            raise ValidationError(f"{gone} Load the page again.")
        return [items[place] for place in sorted(places)]


def _keys(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(change.key for change in changes)
