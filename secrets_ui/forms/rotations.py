"""The forms of a rotation."""

from django import forms

from .changes import MAX_KEY_NAME, VERSION_ID_OR_NONE
from .confirming import ReasonForm

MAX_NUMBER = 10**15  # of a rotation: the sequence of a record


class WhichRotationForm(forms.Form):
    """The key that a page of rotations is about, and which of its rotations, in the URL."""

    key = forms.CharField(max_length=MAX_KEY_NAME, strip=False)
    number = forms.IntegerField(required=False, min_value=1, max_value=MAX_NUMBER)


class RotationForm(forms.Form):
    """The rotation that an edit is part of, in the URL."""

    rotation = forms.IntegerField(min_value=1, max_value=MAX_NUMBER)


class RotationStepForm(ReasonForm):
    """What somebody does in a rotation. `version` is the one that the page showed, to try it."""

    do = forms.ChoiceField(
        choices=[
            ("begin", "Begin"),
            ("try_new", "Try the new value"),
            ("arrived", "Go on"),
            ("try_old", "Try the old value"),
            ("revoked", "It is revoked"),
            ("give_up", "Give up"),
        ]
    )
    version = forms.RegexField(VERSION_ID_OR_NONE, required=False)
