"""The form of a pin."""

from django import forms

from .changes import VERSION_ID, VERSION_ID_OR_NONE
from .confirming import TypedNameForm


class PinVersionForm(forms.Form):
    """The version, in the URL as well."""

    version = forms.RegexField(VERSION_ID)


class PinForm(PinVersionForm, TypedNameForm):
    """A pin on the version, or off it; `moves_from` is ticked, and names who may lose it."""

    do = forms.ChoiceField(choices=[("pin", "Pin"), ("unpin", "Take off")])
    name = forms.CharField(max_length=256)
    moves_from = forms.RegexField(VERSION_ID_OR_NONE, required=False)
