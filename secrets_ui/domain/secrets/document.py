"""A secret's JSON document: parsed so that an edit touches only what it changes, byte for byte.

Values are spliced into the original text instead of being re-encoded, because json.loads and dumps
would rewrite numbers (1.10, 1e400), escapes and blanks that nobody asked to change.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from ..errors import InvalidChange, InvalidDocument, NothingChanged
from ..errors.nesting import TOO_DEEP, NestedTooDeeply, ensure_shallow
from .loading import key_twice, make_decoder
from .secret_value import MAX_BYTES, SecretValue

_BLANK = re.compile(r"[ \t\n\r]*")
_decoder = json.JSONDecoder()


@dataclass(frozen=True, repr=False)
class Member:
    """One key of the object, with its exact text.

    `lead` and `trail` are the blanks before and after it, `middle` is the quoted key with the colon
    and the blanks around it, and `text` the value as it is written.
    """

    key: str
    value: Any
    lead: str
    middle: str
    text: str
    trail: str

    @property
    def source(self) -> str:
        return f"{self.lead}{self.middle}{self.text}{self.trail}"


@dataclass(frozen=True, repr=False)
class Document:
    """A JSON object whose members keep their order and their bytes.

    `before` and `after` are the blanks around it; `inner` is what an empty object holds.
    """

    before: str
    members: tuple[Member, ...]
    after: str
    inner: str = ""

    def source(self) -> str:
        body = ",".join(member.source for member in self.members) if self.members else self.inner
        return f"{self.before}{{{body}}}{self.after}"

    def keys(self) -> tuple[str, ...]:
        return tuple(member.key for member in self.members)

    def get(self, key: str) -> Member | None:
        return next((member for member in self.members if member.key == key), None)


@dataclass(frozen=True, repr=False)
class Change:
    """A change to one key: its new value, or None to remove it."""

    key: str
    value: SecretValue | None

    def __repr__(self) -> str:
        return f"Change({self.key!r}, {'remove' if self.value is None else 'set'})"


def parse_document(text: str) -> Document:
    """The object in `text`.

    Raises InvalidDocument, with line and column, for what is not JSON, is not an object or holds a
    key twice: RFC 8259 leaves the meaning of that open, and AWS's clients differ in it.
    """
    start = _blanks(text, 0)
    if start == len(text):
        raise _invalid("The document is empty", text, start)
    if text[start] != "{":
        _check_json(text)
        raise _invalid(
            "The document is JSON, but not an object of keys and values", text, start, is_json=True
        )
    members, end, inner = _members(text, start + 1)
    after = text[end:]
    if after.strip(" \t\n\r"):
        raise _invalid("Something follows the end of the document", text, _blanks(text, end))
    return Document(text[:start], members, after, inner)


def _members(text: str, position: int) -> tuple[tuple[Member, ...], int, str]:
    if text[_blanks(text, position) : _blanks(text, position) + 1] == "}":
        end = _blanks(text, position)
        return (), end + 1, text[position:end]
    members: list[Member] = []
    names: set[str] = set()
    while True:
        start = position
        member, position = _member(text, start)
        if member.key in names:
            raise _invalid(_sentence(key_twice(member.key)), text, _blanks(text, start))
        names.add(member.key)
        members.append(member)
        closing = text[position : position + 1]
        if closing == "}":
            return tuple(members), position + 1, ""
        if closing != ",":
            raise _invalid("A comma or a closing brace is missing", text, position)
        position += 1


def _member(text: str, start: int) -> tuple[Member, int]:
    key_at = _blanks(text, start)
    if text[key_at : key_at + 1] != '"':
        raise _invalid("A key in double quotes is expected", text, key_at)
    key, key_end = _decode(text, key_at, lambda: scanstring(text, key_at + 1, True))
    colon = _blanks(text, key_end)
    if text[colon : colon + 1] != ":":
        raise _invalid("A colon is missing after the key", text, colon)
    value_at = _blanks(text, colon + 1)
    value, value_end = _decode(text, value_at, lambda: _strict_decoder.raw_decode(text, value_at))
    end = _blanks(text, value_end)
    member = Member(
        key,
        value,
        text[start:key_at],
        text[key_at:value_at],
        text[value_at:value_end],
        text[value_end:end],
    )
    return member, end


# Numbers stay text: only their spelling matters, and int() of a very long one is slow or refused.
_strict_decoder = make_decoder()


def _decode(text: str, position: int, step: Any) -> tuple[Any, int]:
    """`step()`, with the decoder's errors turned into InvalidDocument.

    The decoder's own exception holds the whole document, so it does not become the cause.
    """
    try:
        found, end = step()
        ensure_shallow(found)
        return found, end
    except json.JSONDecodeError as error:
        message, position = error.msg, error.pos
    except (RecursionError, NestedTooDeeply):
        message = f"the document is {TOO_DEEP}"
    except ValueError as error:
        message = str(error)
    except StopIteration:
        message = "a value is expected"
    raise _invalid(_sentence(message.rstrip(": ")), text, position)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _check_json(text: str) -> None:
    start = _blanks(text, 0)
    _, end = _decode(text, start, lambda: _strict_decoder.raw_decode(text, start))
    if text[end:].strip(" \t\n\r"):
        raise _invalid("Something follows the end of the document", text, _blanks(text, end))


def _blanks(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _invalid(message: str, text: str, position: int, *, is_json: bool = False) -> InvalidDocument:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return InvalidDocument(
        f"{message} (line {line}, column {column}).", line=line, column=column, is_json=is_json
    )


def apply_changes(
    base: SecretValue, changes: Iterable[Change]
) -> tuple[SecretValue, tuple[str, ...]]:
    """The new document and the names of the keys that differ in it; all others keep their bytes.

    Raises InvalidDocument when the base is not an object, InvalidChange for a key that cannot be
    removed or a document of more than MAX_BYTES, NothingChanged when the result equals the base.
    """
    document = parse_document(base.reveal())
    before, asked = _contents(document), list(changes)
    members = {member.key: member for member in document.members}
    for change in asked:
        _apply(members, change)
    document = replace(document, members=tuple(members.values()))
    after = _contents(document)
    changed = tuple(
        key
        for key in dict.fromkeys(change.key for change in asked)
        if before.get(key) != after.get(key)
    )
    if not changed:
        raise NothingChanged(
            "Every value is the same as the stored one, so there is nothing to save."
        )
    value = SecretValue(document.source())
    ensure_size(value)
    return value, changed


def _contents(document: Document) -> dict[str, tuple[Any, bool]]:
    """Each value, and whether it is a text: the number 1 and the text "1" are both kept as "1"."""
    return {member.key: (member.value, member.text.startswith('"')) for member in document.members}


def _apply(members: dict[str, Member], change: Change) -> None:
    member = members.get(change.key)
    if change.value is None:
        if member is None:
            raise InvalidChange(
                f"{change.key} is not in the secret, so it cannot be removed.", key=change.key
            )
        _remove(members, member)
        return
    text = change.value.reveal()
    if member is None:
        _add(members, change.key, text)
    elif member.value != text or not member.text.startswith('"'):
        members[change.key] = replace(member, value=text, text=_quote(text))


def _add(members: dict[str, Member], key: str, text: str) -> None:
    """Adds a member in the style of the last one; blanks before the closing brace stay there."""
    lead = trail = ""
    if members:
        last = members[next(reversed(members))]
        lead, trail = last.lead, last.trail
        members[last.key] = replace(last, trail="")
    members[key] = Member(key, text, lead, f"{_quote(key)}: ", _quote(text), trail)


def _remove(members: dict[str, Member], member: Member) -> None:
    was_last = next(reversed(members)) == member.key
    del members[member.key]
    if members and was_last:
        last = members[next(reversed(members))]
        members[last.key] = replace(last, trail=member.trail)


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def ensure_size(value: SecretValue) -> None:
    """Raises InvalidChange for more than MAX_BYTES of UTF-8, or for what UTF-8 cannot hold."""
    if value.has_half_characters:
        raise InvalidChange(
            "The document holds half of a character (a lone surrogate), which UTF-8 cannot hold."
        )
    if value.size > MAX_BYTES:
        raise InvalidChange(
            f"The document would be {value.size:,} bytes; "
            f"Secrets Manager takes at most {MAX_BYTES:,}."
        )
