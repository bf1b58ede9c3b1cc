"""Forms of signing in, of one's account and of roles."""

from __future__ import annotations

from django import forms


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
