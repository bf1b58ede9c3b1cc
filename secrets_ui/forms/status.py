"""The form that acknowledges a finding."""

from __future__ import annotations

from django import forms


class AcknowledgeForm(forms.Form):
    """The finding, as StatusFinding.key names it, and why."""

    finding = forms.RegexField(r"\A[0-9a-f]{32}\Z")
    reason = forms.CharField(required=False, max_length=500)
