"""The form that acknowledges a finding."""

from django import forms

from .confirming import ReasonForm


class AcknowledgeForm(ReasonForm):
    """The finding, as StatusFinding.key names it, and why."""

    finding = forms.RegexField(r"\A[0-9a-f]{32}\Z")
