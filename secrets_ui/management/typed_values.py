"""Values for a command, from standard input, a terminal or a file.

Never from an argument: shells keep a history, and process lists show arguments.
"""

import getpass
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from secrets_ui.domain.errors import InvalidChange
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import MAX_BYTES, SecretValue
from secrets_ui.forms.pasted import Pasted, parse_pasted

from .twin import WrongCall

Newline = Literal["", "keep", "strip"]
_ENV_FILE = "--env-file"
_BYTE_ORDER_MARK = "\ufeff"


def parse_assignments(assignments: Iterable[str]) -> list[tuple[str, str]]:
    """Split `KEY=-` and `KEY=@FILE` into key and source. Raises WrongCall, never with a value."""
    sources = [_key_and_source(text) for text in assignments]
    if sum(source == "-" for _, source in sources) > 1:
        raise WrongCall(
            "Standard input holds one value, so KEY=- can stand once. Take KEY=@FILE for others."
        )
    return sources


def read_changes(sources: Iterable[tuple[str, str]], newline: Newline) -> tuple[Change, ...]:
    """Read the values. Raises WrongCall and InvalidChange, never with a value."""
    return tuple(Change(key, read_value(key, source, newline)) for key, source in sources)


def _key_and_source(text: str) -> tuple[str, str]:
    key, equals, source = text.partition("=")
    if not key or not equals:
        raise WrongCall("Expected KEY=- (the value from standard input) or KEY=@FILE.")
    if not is_source(source):
        raise WrongCall(
            f"{key[:100]}: a value cannot be an argument, since shells and process lists keep "
            f"those: expected {key[:100]}=- or "
            f"{key[:100]}=@FILE. If what was typed is a real value, it is in the shell's history "
            "now: replace it."
        )
    return key, source


def is_source(text: str) -> bool:
    return text == "-" or (text.startswith("@") and len(text) > 1)


def read_value(what: str, source: str, newline: Newline) -> SecretValue:
    """Read a value from `-` or `@FILE`, byte for byte except for a final line break."""
    if source == "-" and sys.stdin.isatty():
        return _typed(what)
    content = sys.stdin.buffer.read if source == "-" else _from_file(source[1:])
    # One byte too many, and a line break that is left off.
    return _decoded(what, content(MAX_BYTES + 3), newline)


def read_pasted(source: str) -> Pasted:
    """Read the keys of a .env or JSON from `-` or `@FILE`.

    Raises WrongCall, InvalidChange and InvalidDocument, never with a value.
    """
    if source == "-" and sys.stdin.isatty():
        raise WrongCall("This terminal would show what is typed. Pipe the file in.")
    content = sys.stdin.buffer.read if source == "-" else _from_file(source[1:])
    text = _ensure_size(_ENV_FILE, _text(_ENV_FILE, content(MAX_BYTES + 3)))
    return parse_pasted(SecretValue(text))


def _typed(what: str) -> SecretValue:
    """Prompt twice without an echo, since nobody can see what they type."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            typed = getpass.getpass(f"New value of {what} (not shown): ")
            again = getpass.getpass("Once more: ")
        except getpass.GetPassWarning:
            raise WrongCall("This terminal would show what is typed. Pipe the value in.") from None
        except EOFError:
            raise WrongCall("Nothing was typed, so nothing changes.") from None
    if typed != again:
        raise InvalidChange("The two do not match, so nothing changes.", key=what)
    return _not_empty(what, typed)


def _from_file(path: str) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        try:
            with Path(path).open("rb") as file:
                return file.read(most)
        except OSError as error:
            raise WrongCall(f"{path}: cannot be read ({error.strerror}).") from None

    return read


def _decoded(what: str, content: bytes, newline: Newline) -> SecretValue:
    text = _without_newline(what, _text(what, content), newline)
    return _not_empty(what, _ensure_size(what, text))


def _text(what: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        if len(content) <= MAX_BYTES:
            raise InvalidChange(f"The value of {what} is not UTF-8 text.", key=what) from None
        # Cut inside a character, and too long in any case.
        text = content.decode("utf-8", "replace")
    if text.startswith(_BYTE_ORDER_MARK):
        raise InvalidChange(
            f"The value of {what} starts with a byte order mark. Save it without one.", key=what
        )
    return text


def _ensure_size(what: str, text: str) -> str:
    if len(text.encode()) > MAX_BYTES:
        raise InvalidChange(
            f"The value of {what} is too long: a secret takes at most {MAX_BYTES:,} bytes in all.",
            key=what,
        )
    return text


def _without_newline(what: str, text: str, newline: Newline) -> str:
    """Handle a final line break, which may be echo's or part of a key file, as requested."""
    if not text.endswith("\n") or newline == "keep":
        return text
    if newline == "strip":
        return text.removesuffix("\n").removesuffix("\r")
    raise InvalidChange(
        f"The value of {what} ends in a line break, as echo adds one.",
        key=what,
        remedy="Say --newline strip to leave it off, or --newline keep to store it.",
    )


def _not_empty(what: str, text: str) -> SecretValue:
    if not text:
        raise InvalidChange(
            f"No value came in for {what}.",
            key=what,
            remedy=f"To store an empty text, say --empty {what}.",
        )
    return SecretValue(text)
