"""Where the values of a key come from: the catalogue's member `get`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import ConfigurationError

MAX_LENGTH = 500  # characters of an address, and of the words
_MEMBERS = {"url", "words"}


@dataclass(frozen=True)
class Origin:
    """`url` is the page where a new value is made and an old one revoked; `words` say what to
    choose there. Either may be ""."""

    url: str = ""
    words: str = ""


def parse_origin(entry: Any, where: str) -> Origin:
    """The member `get` of a key, an object of `url` and `words`. Raises ConfigurationError."""
    if not isinstance(entry, dict) or not entry or set(entry) - _MEMBERS:
        raise ConfigurationError(f'{where}: expected an object of "url" and "words".')
    for member, text in entry.items():
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_LENGTH:
            raise ConfigurationError(
                f"{where}.{member}: expected a text of at most {MAX_LENGTH} characters."
            )
    origin = Origin(**entry)
    if origin.url and not _is_page(origin.url):
        raise ConfigurationError(f"{where}.url: expected the https address of a page.")
    return origin


def _is_page(url: str) -> bool:
    """An address that a link of ours may have: https, a host, nobody's name or password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and " " not in url
    return is_plain and parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def to_entry(origin: Origin) -> dict[str, str]:
    """What `parse_origin` read."""
    return {name: text for name, text in vars(origin).items() if text}
