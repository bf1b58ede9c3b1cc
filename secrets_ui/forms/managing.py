"""Forms that create, describe and delete whole secrets.

Descriptions and tags are no values: what was typed comes back with an error.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from ..domain.changes.deletion import LONGEST, SHORTEST, Cancellation, Deletion
from ..domain.changes.description import Description, is_reserved
from ..domain.environment import Environment
from ..domain.errors import InvalidSecretName
from .changes import ConfirmForm
from .confirming import OnceForm, TypedNameForm

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
MAX_DESCRIPTION, MAX_TAGS, BLANK_TAGS = 2048, 50, 3
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_tagging.html
# Blanks, but none of the control characters that count as such.
_TAG = re.compile(r"(?:[\w+\-=._:/@]|(?![\x00-\x1f\x85])\s)*")


class TextField(forms.CharField):
    """A text as it is typed; a browser sends its line breaks as CRLF."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, strip=False, **options)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")


class NewNameForm(forms.Form):
    """The part of a new secret's name that follows the environment's prefix."""

    name = forms.CharField(max_length=512)

    def full_name(self, environment: Environment) -> str:
        """Raises ValidationError."""
        short = self.cleaned_data["name"].removeprefix(environment.prefix)
        try:
            return environment.secret_name(environment.prefix + short)
        except InvalidSecretName:
            raise ValidationError(
                "Letters, digits and / _ + = . @ - alone, 512 characters at most with the prefix."
            ) from None


class TagForm(forms.Form):
    """One tag. Without its name it is removed."""

    name = TextField(max_length=128)
    value = TextField(max_length=256)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        name, value = data.get("name", ""), data.get("value", "")
        if value and not name and not self.initial:
            self.add_error("name", "Give the tag a name.")
        if is_reserved(name):
            self.add_error("name", "Names that begin with aws: are AWS's own.")
        for field, text in (("name", name), ("value", value)):
            if not _TAG.fullmatch(text):
                self.add_error(field, "Letters, digits, blanks and + - = . _ : / @ alone.")
        return data


class BaseTags(forms.BaseFormSet):  # type: ignore[type-arg]  # Django has no such type
    """The tags that a secret is to have."""

    def clean(self) -> None:
        names = [name for form in self.forms if (name := form.cleaned_data.get("name"))]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValidationError(f"The tag {twice} stands twice.")
        if len(names) > MAX_TAGS:
            raise ValidationError(f"A secret takes {MAX_TAGS} tags at most.")

    @property
    def tags(self) -> dict[str, str]:
        found = [form.cleaned_data for form in self.forms]
        return {data["name"]: data.get("value", "") for data in found if data.get("name")}


_Tags = forms.formset_factory(
    TagForm,
    formset=BaseTags,
    extra=BLANK_TAGS,
    max_num=MAX_TAGS + BLANK_TAGS,
    absolute_max=MAX_TAGS + BLANK_TAGS,
)


def tag_rows(tags: Mapping[str, str]) -> BaseTags:
    """A row for each tag, and some blank ones."""
    initial = [{"name": name, "value": value} for name, value in tags.items()]
    return cast(BaseTags, _Tags(prefix="tag", initial=initial))


def typed_tags(data: Any) -> BaseTags:
    return cast(BaseTags, _Tags(data, prefix="tag"))


class CreateForm(ConfirmForm):
    """What goes with the rows of a new secret's keys."""

    description = TextField(max_length=MAX_DESCRIPTION)


class DescribeForm(TypedNameForm):
    """`seen` is the digest of what the page showed."""

    description = TextField(max_length=MAX_DESCRIPTION)
    seen = forms.RegexField(r"\A[0-9a-f]{32}\Z")

    def wanted(self, secret: str, tags: Mapping[str, str]) -> Description:
        data = self.cleaned_data
        about = (data["seen"], data["reason"], data["typed_name"])
        return Description(secret, data["description"], tags, *about)


class CancelForm(OnceForm):
    def wanted(self, secret: str) -> Cancellation:
        data = self.cleaned_data
        return Cancellation(secret, data["reason"], data["typed_name"], self.idempotency_key)


class DeleteForm(CancelForm):
    days = forms.IntegerField(min_value=SHORTEST, max_value=LONGEST)

    def deletion(self, secret: str) -> Deletion:
        data = self.cleaned_data
        about = (data["days"], data["reason"], data["typed_name"])
        return Deletion(secret, *about, self.idempotency_key)
