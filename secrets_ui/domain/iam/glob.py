"""Wildcards: `*` is any run of characters, `?` exactly one. `/` and `:` are ordinary characters.

For a given pattern, matching takes time linear in the text. Each piece between two `*` is searched
for once, from the left, in an atomic group, so that `*a*a*a*` cannot backtrack.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache


class Wild(Enum):
    ANY = auto()
    ONE = auto()

    # Enum's own hash is written in Python, and patterns are looked up often.
    __hash__ = object.__hash__


Pattern = tuple[str | Wild, ...]
"""Literal texts and wildcards. A `*` inside a literal text is a plain asterisk."""

_WILD = {"*": Wild.ANY, "?": Wild.ONE}


def parse_glob(text: str) -> Pattern:
    if "*" not in text and "?" not in text:
        return (text,) if text else ()
    return tuple(_WILD.get(part, part) for part in re.split(r"([*?])", text) if part)


@lru_cache(maxsize=1024)
def compile_globs(patterns: tuple[Pattern, ...]) -> Callable[[str], object]:
    """Return a function that is truthy for a text that one of the patterns covers completely."""
    return re.compile("|".join(map(_expression, patterns)), re.DOTALL).fullmatch


def compile_glob(pattern: Pattern) -> Callable[[str], object]:
    return compile_globs((pattern,))


def _expression(pattern: Pattern) -> str:
    first, *rest = _pieces(pattern)
    if not rest:
        return first
    *middle, last = rest
    runs = "".join(f"(?>.*?{piece})" for piece in middle)
    return f"{first}{runs}.*{last}"


def _pieces(pattern: Pattern) -> list[str]:
    """Return regular expressions for the fixed-length pieces between the `*`."""
    pieces = [""]
    for part in pattern:
        if part is Wild.ANY:
            pieces.append("")
        else:
            pieces[-1] += "." if isinstance(part, Wild) else re.escape(part)
    return pieces


@dataclass(frozen=True, slots=True)
class GlobSet:
    """Several patterns; a text matches when one of them does."""

    everything: bool
    literals: frozenset[str]
    covers: Callable[[str], object] | None
    """Matches the patterns that have wildcards; None when there is none."""

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "GlobSet":
        literals: list[str] = []
        wild: list[str] = []
        for text in texts:
            (wild if "*" in text or "?" in text else literals).append(text)
        return cls(
            everything=any(not text.strip("*") for text in wild),
            literals=frozenset(literals),
            covers=compile_globs(tuple(map(parse_glob, wild))) if wild else None,
        )

    def matches(self, text: str) -> bool:
        if self.everything or text in self.literals:
            return True
        return self.covers is not None and self.covers(text) is not None


def has_wildcard(pattern: Pattern) -> bool:
    return any(isinstance(part, Wild) for part in pattern)
