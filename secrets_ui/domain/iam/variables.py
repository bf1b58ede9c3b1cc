"""Policy variables: `${key}`, `${key, 'default'}`, and `${*}` `${?}` `${$}` for the characters themselves.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from .context import UNKNOWN, Context, Found, fold
from .glob import Pattern, Wild, parse_glob

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")


class Resolved(NamedTuple):
    """A value whose variables have been replaced."""

    pattern: Pattern
    is_certain: bool
    """False when a variable cannot be known: `*` stands in its place, so only a mismatch can be relied on."""


@dataclass(frozen=True, slots=True)
class Variable:
    key: str
    """The folded name of a condition key."""
    default: str | None

    @classmethod
    def parse(cls, inner: str) -> "Variable":
        name, _, rest = inner.partition(",")
        quoted = rest.strip()
        is_default = len(quoted) >= 2 and quoted[0] == quoted[-1] == "'"
        return cls(fold(name.strip()), quoted[1:-1] if is_default else None)

    def value(self, context: Context) -> str | Wild | None:
        found: Found = context.lookup(self.key)
        if found is UNKNOWN:
            return Wild.ANY
        # A multivalued key cannot be used as a variable, and an empty value counts as none.
        if not found or self.key in context.multivalued:
            return self.default
        return found[0] or self.default


@dataclass(frozen=True, slots=True)
class Template:
    """A policy value that holds variables; the rest is text, with wildcards where they count as such."""

    parts: tuple[str | Wild | Variable, ...]

    def resolve(self, context: Context) -> Resolved | None:
        """Every variable replaced, or None when one of them has no value: that equals nothing.

        A substituted value is literal: a `*` in a tag is no wildcard.
        """
        parts: list[str | Wild] = []
        is_certain = True
        for part in self.parts:
            if isinstance(part, Variable):
                value = part.value(context)
                if value is None:
                    return None
                is_certain = is_certain and value is not Wild.ANY
                parts.append(value)
            else:
                parts.append(part)
        return Resolved(tuple(parts), is_certain)


def has_variable(text: str) -> bool:
    return _VARIABLE.search(text) is not None


def parse_template(text: str, *, wildcards: bool) -> Template:
    """Split a text into its parts; without `wildcards` a `*` in it is an asterisk."""
    parts: list[str | Wild | Variable] = []
    for position, piece in enumerate(
        _VARIABLE.split(text)
    ):  # the odd pieces are the insides of ${…}
        if position % 2:
            parts.append(piece if piece in ("*", "?", "$") else Variable.parse(piece))
        elif piece:
            parts.extend(parse_glob(piece) if wildcards else (piece,))
    return Template(tuple(parts))
