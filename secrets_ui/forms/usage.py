"""The filter of the page that says who read a secret."""

from django import forms

from ..domain.usage.reads import Kind

DAYS = (7, 30, 90)


class ReadsFilterForm(forms.Form):
    """Which calls to show, sent in the URL. Anything else than a choice is none."""

    days = forms.ChoiceField(required=False, choices=[(days, f"{days} days") for days in DAYS])
    kind = forms.ChoiceField(
        required=False,
        choices=[
            (Kind.ALL, "reads and changes"),
            (Kind.READS, "reads"),
            (Kind.CHANGES, "changes"),
            (Kind.REFUSED, "refused calls"),
        ],
    )
    reader = forms.CharField(required=False, max_length=200)

    def clean_days(self) -> int:
        return int(self.cleaned_data["days"] or 30)

    def clean_kind(self) -> Kind:
        return Kind(self.cleaned_data["kind"] or Kind.ALL)
