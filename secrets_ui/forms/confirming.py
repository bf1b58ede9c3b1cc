"""What forms of many subjects ask for, beside what each is about."""

from django import forms


class ReasonForm(forms.Form):
    """Why, for the audit log and for everybody who is told. Who must give one is a rule of the
    environment, or of the act."""

    reason = forms.CharField(required=False, max_length=500)


class TypedNameForm(ReasonForm):
    """The secret's whole name as well, where the environment or the act asks for it."""

    typed_name = forms.CharField(required=False, max_length=512)


class OnceForm(TypedNameForm):
    """`once` is the form's idempotency key: sent twice, it is carried out once."""

    once = forms.UUIDField(required=False, widget=forms.HiddenInput)

    @property
    def idempotency_key(self) -> str:
        return str(self.cleaned_data["once"] or "")
