"""Forms of signing in, of one's account and of roles."""

from datetime import UTC, datetime

from django import forms

from ..domain.people.names import LONGEST
from ..domain.people.terms import MOST_HOURS, Term, term_of


class SignInForm(forms.Form):
    """Name and password; the view says no more than that they do not match."""

    username = forms.CharField(max_length=150)
    password = forms.CharField(max_length=1000, strip=False, widget=forms.PasswordInput)


class ProofForm(forms.Form):
    """One proof of identity: a password, a code, or a passkey's answer as JSON from the script."""

    password = forms.CharField(
        required=False, max_length=1000, strip=False, widget=forms.PasswordInput
    )
    code = forms.CharField(required=False, max_length=20)
    passkey = forms.CharField(required=False, max_length=20_000)

    def given(self, *allowed: str) -> tuple[str, str]:
        """The first of the allowed proofs that was sent, and what it is; ("", "") when none was."""
        return next(
            ((name, self.cleaned_data[name]) for name in allowed if self.cleaned_data[name]),
            ("", ""),
        )


class NewCodesForm(forms.Form):
    """The first code of an authenticator app."""

    code = forms.CharField(max_length=20)


class NewPasskeyForm(forms.Form):
    """A new passkey's answer, made by the page's script, and what the person calls it."""

    name = forms.CharField(max_length=60)
    passkey = forms.CharField(max_length=20_000)


class GrantForm(forms.Form):
    """A role to be given. `permissions` checks the environment, and the service the rest."""

    role = forms.CharField(max_length=20)
    names = forms.CharField(required=False, max_length=200)
    hours = forms.IntegerField(required=False, min_value=1, max_value=MOST_HOURS)
    until = forms.DateTimeField(required=False)
    reason = forms.CharField(required=False, max_length=500)

    def term(self) -> Term:
        """Raises InvalidGrant."""
        data = self.cleaned_data
        return term_of(datetime.now(UTC), data["hours"], data["until"], data["reason"])


class AskForm(forms.Form):
    """A role that a person asks for, for some hours. The service checks the rest."""

    environment = forms.CharField(max_length=20)
    role = forms.CharField(max_length=20)
    names = forms.CharField(required=False, max_length=200)
    hours = forms.IntegerField(min_value=1, max_value=MOST_HOURS)
    reason = forms.CharField(max_length=500)


class AnswerForm(forms.Form):
    """What an admin says to it: the role for some hours, or why not."""

    answer = forms.ChoiceField(choices=[("give", "give"), ("refuse", "refuse")])
    hours = forms.IntegerField(required=False, min_value=1, max_value=MOST_HOURS)
    reason = forms.CharField(required=False, max_length=500)

    def term(self, asked_for: int, reason: str, request: int) -> Term:
        """For the hours that were asked for where the admin says no others. Raises InvalidGrant."""
        hours = self.cleaned_data["hours"] or asked_for
        return term_of(datetime.now(UTC), hours, None, reason, request)


class NewPersonForm(forms.Form):
    """A local person to be added. The service checks the name."""

    name = forms.CharField(max_length=LONGEST)


class LinkForm(forms.Form):
    """The code of a one-time link."""

    code = forms.CharField(max_length=200)
