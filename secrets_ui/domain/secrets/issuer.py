"""Who gives out the values of a key, and where: the catalogue's member `get`."""

from dataclasses import dataclass
from typing import Any

from ..errors import ConfigurationError
from .contact import is_page

MAX_LENGTH = 500  # characters of an address, and of the words
_MEMBERS = {"url", "words"}


@dataclass(frozen=True)
class Issuer:
    """`url` is the page where a new value is made and an old one revoked; `words` say what to
    choose there. Either may be ""."""

    url: str = ""
    words: str = ""


def parse_issuer(entry: Any, where: str) -> Issuer:
    """The member `get` of a key, an object of `url` and `words`. Raises ConfigurationError."""
    if not isinstance(entry, dict) or not entry or set(entry) - _MEMBERS:
        raise ConfigurationError(f'{where}: expected an object of "url" and "words".')
    for member, text in entry.items():
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_LENGTH:
            raise ConfigurationError(
                f"{where}.{member}: expected a text of at most {MAX_LENGTH} characters."
            )
    issuer = Issuer(**entry)
    if issuer.url and not is_page(issuer.url):
        raise ConfigurationError(f"{where}.url: expected the https address of a page.")
    return issuer


def to_entry(issuer: Issuer) -> dict[str, str]:
    """What `parse_issuer` read."""
    return {name: text for name, text in vars(issuer).items() if text}
