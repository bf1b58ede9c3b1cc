"""Wildcards: `*` is any run of characters, `?` is exactly one; `/` and `:` are characters like any other.

Every match takes time linear in the text for a given pattern. Each piece between two `*` is looked for once,
from the left, inside an atomic group, so nothing is ever tried again: `*a*a*a*` cannot backtrack.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache


class Wild(Enum):
    ANY = auto()
    ONE = auto()

    __hash__ = object.__hash__  # Enum's own is written in Python, and patterns are looked up a lot


Pattern = tuple[str | Wild, ...]
"""Literal texts and wildcards. A `*` inside a literal text is an asterisk."""

_WILD = {"*": Wild.ANY, "?": Wild.ONE}


def parse_glob(text: str) -> Pattern:
    return tuple(_WILD.get(part, part) for part in re.split(r"([*?])", text) if part)


@lru_cache(maxsize=1024)
def compile_globs(patterns: tuple[Pattern, ...]) -> Callable[[str], object]:
    """A function that is truthy for the texts that one of the patterns covers as a whole."""
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
    """The regular expressions of the fixed-length pieces between the `*`."""
    pieces = [""]
    for part in pattern:
        if part is Wild.ANY:
            pieces.append("")
        else:
            pieces[-1] += "." if isinstance(part, Wild) else re.escape(part)
    return pieces


@dataclass(frozen=True, slots=True)
class GlobSet:
    """Several patterns, of which one is enough."""

    everything: bool
    literals: frozenset[str]
    covers: Callable[[str], object] | None
    """The patterns that have wildcards, as one."""

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "GlobSet":
        patterns = [parse_glob(text) for text in texts]
        wild = tuple(pattern for pattern in patterns if has_wildcard(pattern))
        return cls(
            everything=any(all(part is Wild.ANY for part in pattern) for pattern in wild),
            literals=frozenset("".join(map(str, p)) for p in patterns if not has_wildcard(p)),
            covers=compile_globs(wild) if wild else None,
        )

    def matches(self, text: str) -> bool:
        if self.everything or text in self.literals:
            return True
        return self.covers is not None and self.covers(text) is not None


def has_wildcard(pattern: Pattern) -> bool:
    return any(isinstance(part, Wild) for part in pattern)
