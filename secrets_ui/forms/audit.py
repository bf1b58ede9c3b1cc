"""The audit log's filter."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ..domain.audit.moments import read_moment


class MomentField(forms.CharField):
    """A day or a time in UTC, shown again as an input of the type datetime-local takes it."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            return read_moment(text) if text else ""
        except ValueError:
            raise ValidationError(
                f"Write a time as 2026-11-23 or 2026-11-23 14:05, in UTC; this is none: {text[:30]}"
            ) from None

    def prepare_value(self, value: Any) -> str:
        try:
            return read_moment(str(value or "").strip())
        except ValueError:
            return ""


class AuditFilterForm(forms.Form):
    """The audit log's filter, sent in the URL. `after` and `before` are days or times in UTC."""

    person = forms.CharField(required=False, max_length=150)
    environment = forms.CharField(required=False, max_length=20)
    secret = forms.CharField(required=False, max_length=512)
    key = forms.CharField(required=False, max_length=256)
    action = forms.CharField(required=False, max_length=40)
    outcome = forms.CharField(required=False, max_length=20)
    after = MomentField(required=False)
    before = MomentField(required=False)
