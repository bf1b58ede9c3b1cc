"""The form that asks for a value to be shown."""

from __future__ import annotations

from django import forms

from ..domain.secrets.secret_value import MAX_BYTES
from .changes import MAX_KEY_NAME, VERSION_ID


class RevealForm(forms.Form):
    """One key of one version, and why somebody wants to see it."""

    key = forms.CharField(required=False, max_length=MAX_KEY_NAME, strip=False)
    # Counts the key in the version, as KeyForm does.
    at = forms.IntegerField(required=False, min_value=0, max_value=MAX_BYTES)
    version = forms.RegexField(VERSION_ID)
    reason = forms.CharField(required=False, max_length=500)
    to = forms.ChoiceField(choices=[("screen", "Show"), ("clipboard", "Copy")])
