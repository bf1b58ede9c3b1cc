"""The forms of decisions."""

from django import forms

from .confirming import ReasonForm

APPROVE, REJECT = "approve", "reject"


class DecisionForm(ReasonForm):
    """A decision on a proposal, and why; its author is told."""

    decision = forms.ChoiceField(choices=[(APPROVE, "Approve"), (REJECT, "Reject")])
