"""Canaries: values that nothing else contains, and every form in which one might show up again."""

import base64
import html
import json
import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

# Letters that hardly ever follow each other: no six of them stand in a page, a hash or a token by
# chance.
_LETTERS = "QXZJKVqxzjkvЖЩЭЪЫ"
_MARKUP = "<&\"'>"  # written differently in HTML, URLs and JSON
PIECE = 6  # characters: the least that counts as a leak


def make_canary() -> str:
    """Random, with characters that every encoding writes in its own way."""
    start, end = ("".join(secrets.choice(_LETTERS) for _ in range(12)) for _ in range(2))
    return f"{start}{_MARKUP}{end}"


def make_plain_canary(letters: int = 40) -> str:
    """ASCII letters alone: fit for a token."""
    return "".join(secrets.choice(_LETTERS[:12]) for _ in range(letters))


def traces(canary: str) -> dict[str, bytes]:
    """The canary as HTML, a URL, JSON, base64, Python and memory have it, and every six characters.

    By the name of the form.
    """
    forms = {name: text.encode() for name, text in _texts(canary).items()}
    forms |= {"UTF-16LE": canary.encode("utf-16-le"), "UTF-16BE": canary.encode("utf-16-be")}
    forms |= {f"base64 at {shift}": _inner_base64(canary.encode(), shift) for shift in range(3)}
    pieces = [canary[start : start + PIECE] for start in range(len(canary) - PIECE + 1)]
    return forms | {
        f"characters {start} to {start + PIECE}": piece.encode()
        for start, piece in enumerate(pieces)
    }


def _texts(canary: str) -> dict[str, str]:
    return {
        "itself": canary,
        "URL": quote(canary, safe=""),
        "form": quote_plus(canary),
        "HTML": html.escape(canary),
        "HTML numbers": "".join(f"&#{ord(c)};" for c in canary),
        "JSON": json.dumps(canary)[1:-1],
        "JSON in JSON": json.dumps(json.dumps(canary))[1:-1],
        "Python": ascii(canary)[1:-1],
        "hex": canary.encode().hex(),
        "reversed": canary[::-1],
    }


def _inner_base64(text: bytes, shift: int) -> bytes:
    """The part of its base64 that is the same in any longer text, at one of three alignments."""
    coded = base64.b64encode(b"\0" * shift + text)
    return coded[4 if shift else 0 : len(coded) // 4 * 4 - 4]


def leaks(canary: str, text: bytes | str) -> list[str]:
    """The names of the forms in which the canary stands in `text`."""
    read = text.encode() if isinstance(text, str) else text
    urlsafe = read.replace(b"-", b"+").replace(b"_", b"/")  # base64url, read as base64
    return [name for name, form in traces(canary).items() if form in read or form in urlsafe]


def leaks_in(canary: str, texts: Iterable[tuple[str, bytes | str]]) -> list[str]:
    """`place: form` for each text, by the name of its place, that holds a trace."""
    return [f"{place}: {form}" for place, text in texts for form in leaks(canary, text)]


def whole(answer: Any) -> bytes:
    """Status line, headers and body of Django's answer; one that streams is read to its end."""
    body = b"".join(answer) if answer.streaming else answer.content
    return f"{answer.status_code} {dict(answer.headers)} {answer.cookies}".encode() + body
