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


Pattern = tuple[str | Wild, ...]
"""Literal texts and wildcards. A `*` inside a literal text is an asterisk."""

_WILD = {"*": Wild.ANY, "?": Wild.ONE}


def parse_glob(text: str) -> Pattern:
    return tuple(_WILD.get(part, part) for part in re.split(r"([*?])", text) if part)


@lru_cache(maxsize=1024)
def compile_glob(pattern: Pattern) -> Callable[[str], object]:
    """A function that is truthy for the texts that the whole pattern covers."""
    first, *rest = _pieces(pattern)
    if not rest:
        return re.compile(first, re.DOTALL).fullmatch
    *middle, last = rest
    runs = "".join(f"(?>.*?{piece})" for piece in middle)
    return re.compile(f"{first}{runs}.*{last}", re.DOTALL).fullmatch


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
    globs: tuple[Callable[[str], object], ...]

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "GlobSet":
        patterns = [parse_glob(text) for text in texts]
        return cls(
            everything=any(all(part is Wild.ANY for part in pattern) for pattern in patterns if pattern),
            literals=frozenset("".join(map(str, p)) for p in patterns if not has_wildcard(p)),
            globs=tuple(compile_glob(p) for p in patterns if has_wildcard(p)),
        )

    def matches(self, text: str) -> bool:
        if self.everything or text in self.literals:
            return True
        return any([covers(text) for covers in self.globs])


def has_wildcard(pattern: Pattern) -> bool:
    return any(isinstance(part, Wild) for part in pattern)
