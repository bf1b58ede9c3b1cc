"""Filters and tags of the console's templates; those of times are in dates.py."""

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from re import Pattern
from typing import Any
from urllib.parse import quote

from django import template
from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from ..domain.changes.edit import GENERATED_CHARACTERS
from ..domain.errors.wording import CONFIRM_IDENTITY, calls_in_words, capitalized
from ..domain.secrets.formats import FREE_TEXT, formats_for_script, oddities_for_script
from ..domain.secrets.key_rules import names_for_script
from ..domain.secrets.name_in_path import escape_name
from ..domain.secrets.secret_value import MASK, MAX_BYTES
from ..domain.secrets.version import short_version
from ..domain.status.status import join
from ..domain.texts import encodable

register = template.Library()

_SHAPES = {
    "ok": '<circle cx="8" cy="8" r="7"/><path d="M5 8.2l2.1 2.1L11 6"/>',
    "warn": '<path d="M8 1.6 15 14H1z"/><path d="M8 6v4M8 11.6v.6"/>',
    "bad": '<circle cx="8" cy="8" r="7"/><path d="M5.4 5.4l5.2 5.2m0-5.2-5.2 5.2"/>',
    "mute": '<circle cx="8" cy="8" r="7" class="dashed"/>',
}
# Constant text of this module, with nothing from outside in it.
_ICONS = {
    level: mark_safe(f'<svg viewBox="0 0 16 16" aria-hidden="true">{shape}</svg>')  # noqa: S308
    for level, shape in _SHAPES.items()
}


@register.simple_tag
def icon(level: str) -> SafeString:
    """A shape for a level, so that no state is shown by colour alone."""
    return _ICONS[level]


@register.simple_tag
@lru_cache(maxsize=1000)  # a page holds hundreds, few of them different
def state(level: str, text: str) -> SafeString:
    """Shape, word and colour."""
    # `level` is one of four.
    return mark_safe(f'<span class="st {level}">{_ICONS[level]}{escape(text)}</span>')  # noqa: S308


@register.simple_tag
def secret_url(page: str, environment: str, name: str) -> str:
    """`{% url %}` for long lists: what stands before the name is looked up once."""
    return _before_the_name(page, environment) + quote(escape_name(name), safe="/~:@!$&'()*+,;=")


@cache
def _before_the_name(page: str, environment: str) -> str:
    return reverse(page, args=[environment, "-"]).removesuffix("-")


@register.filter
def urlencode(text: Any, safe: str = "/") -> str:
    """Django's own, which fails on half of a character."""
    return quote(encodable(str(text)), safe=safe)


@register.filter
def fits_address(text: str) -> bool:
    """Whether an address can hold it: control characters are refused in one, and half of a
    character has no UTF-8."""
    return text.isprintable()


@register.simple_tag
def mask() -> str:
    """What stands for every value."""
    return MASK


@register.simple_tag
def confirm_identity() -> str:
    """What a link or a title says that leads to a fresh proof of identity."""
    return CONFIRM_IDENTITY


@register.simple_tag
def failure_limit() -> int:
    """After how many wrong proofs in a row a name is locked."""
    return int(settings.LOCK_AFTER_FAILURES)


@register.simple_tag
def max_bytes() -> str:
    """The most bytes that a secret holds, as people write the number."""
    return f"{MAX_BYTES:,}"


@register.simple_tag
def edit_rules() -> str:
    """What the edit form's script checks values by, as JSON for an attribute."""
    return _EDIT_RULES


_EDIT_RULES = json.dumps(
    {
        "formats": formats_for_script(),
        "oddities": oddities_for_script(),
        "names": names_for_script(),
        "format_of_unknown": FREE_TEXT.name,
        "max_bytes": MAX_BYTES,
        "generated_characters": GENERATED_CHARACTERS,
    }
)


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def browser(agent: str) -> str:
    """A User-Agent in words, such as Firefox on Linux; one that is not known is shown as it is."""
    name = next((word for mark, word in _BROWSERS if mark in agent), "")
    system = next((word for mark, word in _SYSTEMS if mark in agent), "")
    return f"{name} on {system}" if name and system else agent or "unknown browser"


register.filter("short", short_version)
register.filter("listed", join)


@register.filter
def is_kept_secret(key: Any) -> bool:
    """Whether a key's value is secret: what the catalogue does not know is."""
    return key.spec is None or bool(key.spec.secret)


@register.filter
def exactly(text: str) -> SafeString:
    """A text for a `<pre>` that comes out of the HTML parser byte for byte.

    A leading line break and carriage returns survive. What cannot be seen, or would move what
    stands beside it, gets an element that the style sheet marks, as reveal.js does.
    """
    at_ends = {place for found in _BLANK_ENDS.finditer(text) for place in range(*found.span())}
    pieces = (_piece(char, place in at_ends) for place, char in enumerate(text))
    return mark_safe("\n" + "".join(pieces))  # noqa: S308  each is escaped


_BLANK_ENDS = re.compile(r"^ +| +$", re.MULTILINE)


def _piece(char: str, is_at_end: bool) -> str:
    is_odd = is_at_end or (char not in "\n " and unicodedata.category(char)[0] in "CZ")
    if not is_odd:
        return escape(char)
    # A parser turns a bare carriage return into a line feed. NUL and half a character cannot be
    # written in HTML, so that only their mark is there.
    written = "" if char == "\0" or "\ud800" <= char <= "\udfff" else f"&#{ord(char)};"
    return f'<span class="odd" data-code="U+{ord(char):04X}">{written}</span>'


@register.filter
def in_attribute(text: str) -> SafeString:
    """A text that an attribute gives back exactly: the HTML parser turns a bare CR into LF."""
    return mark_safe(escape(text).replace("\r", "&#13;"))  # noqa: S308


@register.filter
def item(mapping: Any, key: str) -> Any:
    """A member of a mapping, or nothing."""
    return mapping.get(key) if mapping else None


@register.filter
def plural(number: int, words: str) -> str:
    """`{{ 2|plural:"key,keys" }}` is "2 keys"."""
    one, many = words.split(",")
    return f"{number} {one if number == 1 else many}"


@register.filter
def calls_made(found: Any) -> str:
    """The calls behind an answer from AWS, and how many of them failed."""
    return calls_in_words(found.calls, found.failed_calls)


@register.filter
def patterns(expressions: Iterable[Pattern[str]]) -> str:
    """Regular expressions as a JSON list, for the page's script in an attribute."""
    return json.dumps([expression.pattern for expression in expressions])


@register.filter
def detail_text(value: Any) -> str:
    """A member of a record's details: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def without(query: QueryDict, name: str) -> str:
    """The query of a URL without one of its members, back on the first page."""
    rest = query.copy()
    for gone in (name, "below"):
        rest.pop(gone, None)
    return rest.urlencode()


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def sentence(text: str) -> str:
    """A capital letter before it and a full stop after it."""
    return f"{capitalized(text).rstrip('.')}." if text else ""
