"""Forms of a change. A typed value is wrapped at once and never rendered back."""

import re
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from ..domain.changes.edit import Edit
from ..domain.secrets.document import Change
from ..domain.secrets.secret_value import MAX_BYTES, SecretValue
from .confirming import OnceForm

KEEP, SET, EMPTY, GENERATE, REMOVE = "keep", "set", "empty", "generate", "remove"
MAX_KEY_NAME = 256  # characters of a name that is typed; a stored one may be longer
# 32 to 64 characters of any kind; what AWS cannot have given is left to AWS to refuse.
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_SecretVersionsListEntry.html
_VERSION_CHARACTER = r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]"
VERSION_ID = rf"\A{_VERSION_CHARACTER}{{32,64}}\Z"
VERSION_ID_OR_NONE = rf"\A{_VERSION_CHARACTER}{{0,64}}\Z"
MAX_ROWS = 20_000  # keys of a document: the shortest take four bytes
NEW_ROWS = 3  # blank rows for new keys that a page without JavaScript offers


class WriteOnlyTextarea(forms.Textarea):
    """Never renders a value: what was typed lives in the page alone."""

    def format_value(self, value: Any) -> None:
        return None


class ValueField(forms.CharField):
    """A value, byte for byte: nothing is stripped, and an error never repeats it.

    A browser sends every line break of a textarea as CRLF (HTML standard, "constructing the entry
    list"), so line breaks are LF here; the field `newline` of the form asks for CRLF.
    """

    widget = WriteOnlyTextarea

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, strip=False, **options)

    def clean(self, value: Any) -> SecretValue:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            raise ValidationError(f"Too long: a secret takes at most {MAX_BYTES:,} bytes in all.")
        return SecretValue(text)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class KeyForm(forms.Form):
    """One key: keep it, type a new value, or have one made.

    `at` counts the key among those of the version that the page showed, from 0. A form changes line
    breaks in what it carries, so a stored key's name does not go through it; `name` is typed.
    """

    at = forms.IntegerField(required=False, min_value=0, max_value=MAX_BYTES)
    # Not stripped: a key's name may begin or end with a blank.
    name = forms.CharField(required=False, max_length=MAX_KEY_NAME, strip=False)
    action = forms.ChoiceField(
        required=False,
        choices=[
            (SET, "Replace with"),
            (EMPTY, "Set to an empty text"),
            (GENERATE, "Generate a random token"),
            (REMOVE, "Remove this key"),
        ],
        error_messages={"invalid_choice": "Choose what to do with this key."},
    )
    newline = forms.ChoiceField(
        required=False,
        choices=[("lf", "LF"), ("crlf", "CRLF")],
        error_messages={"invalid_choice": "Choose LF or CRLF."},
    )
    value = ValueField()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        value, action = data.get("value") or SecretValue(""), data.get("action") or SET
        is_named = bool(data.get("name")) or data.get("at") is not None
        if not is_named and (value or action not in (SET,)):
            self.add_error("name", "Give the key a name.")
        if value and action != SET:
            self.add_error(
                "action",
                "A value was typed for a key that is not to be replaced. "
                "Clear it, or choose Replace with.",
            )
        return data

    @property
    def has_stored_key(self) -> bool:
        """Whether the key is one of the version that the page showed, and its name is not typed."""
        return self.cleaned_data["at"] is not None

    def change(self, names: Sequence[str]) -> Change | str | None:
        """What this row asks for: a Change, the name of a key to generate, or None to keep.

        `names` are the keys that `at` counts. Raises ValidationError for a key that is not there.
        """
        data, name = self.cleaned_data, self.key_name(names)
        action, value = data.get("action") or SET, data.get("value") or SecretValue("")
        if not name or (action == SET and not value):
            return None
        if action == GENERATE:
            return name
        if action == REMOVE:
            return Change(name, None)
        text = (
            value.reveal().replace("\n", "\r\n")
            if data.get("newline") == "crlf"
            else value.reveal()
        )
        return Change(name, SecretValue("" if action == EMPTY else text))

    def key_name(self, names: Sequence[str]) -> str:
        """The key that this row is about. Raises ValidationError for one that is not there."""
        place = self.cleaned_data["at"]
        if place is None:
            return str(self.cleaned_data["name"])
        place = int(place)
        if place >= len(names):
            raise ValidationError(
                "The keys of the version that this page shows are not known any more. "
                "Load the page again."
            )
        return names[place]


_ROW = re.compile(r"(form-[0-9]{1,6})-(?:at|name|action|newline|value)")


def touched_rows(data: QueryDict) -> list[KeyForm]:
    """The rows of an edit form in which something is asked for, in the page's order."""
    prefixes = dict.fromkeys(found[1] for name in data if (found := _ROW.fullmatch(name)))
    return [KeyForm(data, prefix=prefix) for prefix in prefixes if _is_touched(data, prefix)]


def _is_touched(data: QueryDict, prefix: str) -> bool:
    is_kept = data.get(f"{prefix}-action", SET) in ("", SET) and not data.get(f"{prefix}-value")
    return not is_kept


def needs_names(rows: Iterable[KeyForm]) -> bool:
    """Whether a valid row names its key by its place in the version that the page showed."""
    return any(row.has_stored_key for row in rows)


class SaveForm(OnceForm):
    """What goes with every save: the base version, beside why and the idempotency key."""

    base = forms.RegexField(VERSION_ID_OR_NONE, required=False, widget=forms.HiddenInput)
    # The version whose keys the rows count; `base` moves on after a conflict, and this does not.
    rows_of = forms.RegexField(VERSION_ID_OR_NONE, required=False, widget=forms.HiddenInput)

    def edit(self, secret: str, **what: Any) -> Edit:
        data = self.cleaned_data
        return Edit(
            secret,
            data["base"],
            reason=data["reason"],
            typed_name=data["typed_name"],
            idempotency_key=self.idempotency_key,
            **what,
        )


class ConfirmForm(SaveForm):
    """Without JavaScript there is no review, so a box is ticked instead."""

    confirmed = forms.BooleanField(required=False)


class DocumentForm(SaveForm):
    """A whole document, for what is not a flat object."""

    document = ValueField()
    is_text = forms.BooleanField(required=False)
    confirmed = forms.BooleanField(required=False)

    def clean_document(self) -> SecretValue:
        value: SecretValue = self.cleaned_data["document"]
        if not value:
            raise ValidationError("Type the whole document: the stored one is not shown.")
        return value

    def document_edit(self, secret: str) -> Edit:
        return self.edit(
            secret, document=self.cleaned_data["document"], is_text=self.cleaned_data["is_text"]
        )


class PlacesField(forms.TypedMultipleChoiceField):
    """Numbers of rows, from 0. Each form would copy as many `choices`, and the import make them."""

    def valid_value(self, value: str) -> bool:
        return re.fullmatch("0|[1-9][0-9]{0,4}", value) is not None and int(value) < MAX_ROWS


class RestoreForm(SaveForm):
    """The earlier version, and the rows of its review that are to be restored.

    A row is named by its place among the keys that differ between `base` and `version`, since a
    form changes line breaks in a key's name.
    """

    version = forms.RegexField(VERSION_ID)
    row = PlacesField(required=False, coerce=int)

    def restore_edit(self, secret: str, keys: Sequence[str]) -> Edit:
        """`keys` are those of the review, in its order. All of them are the whole version."""
        chosen = {place for place in self.cleaned_data["row"] if place < len(keys)}
        if keys and not chosen:
            raise ValidationError("Choose at least one key to restore.")
        some = tuple(key for place, key in enumerate(keys) if place in chosen)
        return self.edit(
            secret,
            restores=self.cleaned_data["version"],
            restored_keys=() if len(some) == len(keys) else some,
        )


def key_edit(
    save: SaveForm, rows: Iterable[KeyForm], secret: str, names: Sequence[str] = ()
) -> Edit:
    """The edit that the rows ask for; `names` are the keys of the version `rows_of`.

    Raises ValidationError when one key is asked for twice, or is not among the names.
    """
    asked = [change for form in rows if (change := form.change(names)) is not None]
    names = [item if isinstance(item, str) else item.key for item in asked]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValidationError(f"{twice} stands twice in the form.")
    changes = tuple(item for item in asked if isinstance(item, Change))
    return save.edit(
        secret, changes=changes, generate=tuple(item for item in asked if isinstance(item, str))
    )


def rows_by_key(rows: Iterable[KeyForm], names: Sequence[str]) -> dict[str, KeyForm]:
    """The rows by the keys that they are about, for what is to be said beside them."""
    return {form.key_name(names): form for form in rows}


def new_once() -> str:
    """A new idempotency key for a form: what is sent twice under it is carried out once."""
    return str(uuid.uuid4())
