"""The forms that ask for a value to be shown, and for something to be compared."""

from typing import Any

from django import forms

from ..domain.secrets.comparison import Show
from ..domain.secrets.secret_value import MAX_BYTES
from .changes import MAX_KEY_NAME, VERSION_ID
from .confirming import ReasonForm


class OneKeyForm(forms.Form):
    """One key of one version."""

    key = forms.CharField(required=False, max_length=MAX_KEY_NAME, strip=False)
    # Counts the key in the version, as KeyForm does.
    at = forms.IntegerField(required=False, min_value=0, max_value=MAX_BYTES)
    version = forms.RegexField(VERSION_ID)


class RevealForm(OneKeyForm, ReasonForm):
    """One key, and why somebody wants to see it."""

    to = forms.ChoiceField(choices=[("screen", "Show"), ("clipboard", "Copy")])


class CompareForm(forms.Form):
    """What of the comparison is asked for, in the URL."""

    q = forms.CharField(required=False, max_length=200)
    show = forms.ChoiceField(required=False, choices=[(show.value, show.name) for show in Show])
    page = forms.IntegerField(required=False, min_value=1, max_value=9_999)
    # The records of changes that led here.
    saved = forms.RegexField(r"\A[0-9]{1,18}(,[0-9]{1,18}){0,19}\Z", required=False)

    @property
    def asked(self) -> dict[str, Any]:
        """Each part that can be right; the whole comparison for one that cannot."""
        self.is_valid()
        part = self.cleaned_data
        return {
            "q": part.get("q", ""),
            "show": Show(part.get("show", "")),
            "page": part.get("page") or 1,
            "saved": [int(number) for number in part.get("saved", "").split(",") if number],
        }


class CompareVersionsForm(forms.Form):
    """Two versions of a secret, in the URL."""

    before = forms.RegexField(VERSION_ID)
    after = forms.RegexField(VERSION_ID)
