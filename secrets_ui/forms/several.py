"""One key in several environments: which key, and where to."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms

from ..domain.changes.edit import Edit
from ..domain.environment import Environment
from ..domain.secrets.document import Change
from .changes import VERSION_ID, VERSION_ID_OR_NONE, ConfirmForm, KeyForm

ROW = "form-0"


class WhichKeyForm(forms.Form):
    """What the page is about, in its URL: a secret by the end of its name, a key, and the
    environment that its value is copied from, "" for none."""

    secret = forms.CharField(max_length=512)
    # Not stripped: a key's name may begin or end with a blank.
    key = forms.CharField(max_length=65_536, strip=False)
    source = forms.SlugField(required=False, max_length=20)


class SeveralForm(ConfirmForm):
    """The chosen environments, each with the version that it starts from and its typed name."""

    def __init__(self, data: Any, environments: Iterable[Environment]) -> None:
        super().__init__(data)
        self._places = {environment.name: environment for environment in environments}
        self.fields["target"] = forms.MultipleChoiceField(
            choices=[(name, name) for name in self._places],
            error_messages={
                "required": "Choose at least one environment.",
                "invalid_choice": "Choose among the environments of the page.",
            },
        )
        for name in self._places:
            self.fields[f"base-{name}"] = forms.RegexField(VERSION_ID_OR_NONE, required=False)
            self.fields[f"typed_name-{name}"] = forms.CharField(required=False, max_length=512)

    @property
    def chosen(self) -> list[Environment]:
        return [self._places[name] for name in dict.fromkeys(self.cleaned_data["target"])]

    def edits(self, short: str, **what: Any) -> list[tuple[Environment, Edit]]:
        """The same edit in each chosen environment."""
        return [(place, self._edit(place, short, what)) for place in self.chosen]

    def _edit(self, place: Environment, short: str, what: dict[str, Any]) -> Edit:
        return replace(
            self.edit(place.prefix + short, **what),
            base=self.cleaned_data[f"base-{place.name}"],
            typed_name=self.cleaned_data[f"typed_name-{place.name}"],
        )


class CopyForm(SeveralForm):
    """`version` is that of the source which the page showed."""

    version = forms.RegexField(VERSION_ID)


def asked_of(row: KeyForm, key: str) -> dict[str, Any]:
    """What the row asks for, as parts of an edit; none where nothing was typed. Its `at` is 0."""
    asked = row.change((key,))
    if asked is None:
        return {}
    return {"changes": (asked,)} if isinstance(asked, Change) else {"generate": (asked,)}
