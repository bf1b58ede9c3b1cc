"""Forms of the troubleshooting pages."""

from collections.abc import Iterable
from typing import Any

from django import forms

from ..domain.access.answers import Show
from ..domain.access.reach import Ability
from ..domain.access.what_if import EditablePolicy


class ErrorTextForm(forms.Form):
    """An error text from a log."""

    text = forms.CharField(
        max_length=4000, label="Error text or code", widget=forms.Textarea(attrs={"rows": 4})
    )


class WhatIfForm(forms.Form):
    """One policy of the access path, and the text to try. A policy is no secret, so it is kept."""

    policy = forms.ChoiceField(
        error_messages={"invalid_choice": "Choose one of the policies that take part."}
    )
    text = forms.CharField(
        required=False,
        max_length=40_000,
        strip=False,
        label="Policy",
        widget=forms.Textarea(attrs={"rows": 22}),
    )

    def __init__(self, policies: Iterable[EditablePolicy], data: Any, *, location: str) -> None:
        by_location = {policy.location: policy for policy in policies}
        chosen = by_location.get(location) or next(iter(by_location.values()), None)
        super().__init__(
            data, initial={"policy": chosen.location, "text": chosen.text} if chosen else {}
        )
        choices = [(policy.location, policy.title) for policy in by_location.values()]
        self.fields["policy"].choices = choices  # type: ignore[attr-defined]


class WhoFilterForm(forms.Form):
    """Which rows of who-can-read to show, sent in the URL. Anything else than a choice is none.

    A principal is one whose answer is to be explained.
    """

    text = forms.CharField(required=False, max_length=200)
    principal = forms.CharField(required=False, max_length=2048)
    action = forms.ChoiceField(
        required=False, choices=[(ability, ability.words) for ability in Ability]
    )
    show = forms.ChoiceField(
        required=False,
        choices=[
            (Show.CAN, "who can, or may"),
            (Show.UNEXPECTED, "of these, who is not expected"),
            (Show.ALL, "everybody"),
        ],
    )

    def clean_action(self) -> Ability:
        return Ability(self.cleaned_data["action"] or Ability.READ)

    def clean_show(self) -> Show:
        return Show(self.cleaned_data["show"] or Show.CAN)
