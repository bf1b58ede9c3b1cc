"""The forms of decisions."""

from __future__ import annotations

from django import forms

APPROVE, REJECT = "approve", "reject"


class DecisionForm(forms.Form):
    """A decision on a proposal, and why; its author is told."""

    decision = forms.ChoiceField(choices=[(APPROVE, "Approve"), (REJECT, "Reject")])
    reason = forms.CharField(required=False, max_length=500)


class ReasonForm(forms.Form):
    """Why, for the audit log and for everybody who is told."""

    reason = forms.CharField(required=False, max_length=500)
