"""Policy variables: `${key}`, `${key, 'default'}`, and the escapes `${*}`, `${?}` and `${$}`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .context import UNKNOWN, Context, ContextValue, Present, fold
from .glob import Pattern, Wild, parse_glob

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_ESCAPES = ("*", "?", "$")


class Resolved(NamedTuple):
    """A value whose variables have been replaced."""

    pattern: Pattern
    is_certain: bool
    """False when a variable is unknown: `*` replaces it, so only a mismatch is certain."""


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
        found: ContextValue = context.lookup(self.key)
        if found is UNKNOWN or isinstance(found, Present):
            return Wild.ANY
        # A multivalued key cannot be used as a variable, and an empty value counts as none.
        if not found or self.key in context.multivalued:
            return self.default
        return found[0] or self.default


@dataclass(frozen=True, slots=True)
class Template:
    """A policy value with variables between parts of text and, where they count, wildcards."""

    parts: tuple[str | Wild | Variable, ...]

    def resolve(self, context: Context) -> Resolved | None:
        """Replace every variable; None when one has no value, since that matches nothing.

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


def resolve_variables(text: str, context: Context) -> dict[str, ContextValue]:
    """Return the values of the variables in a text, by variable as written: `${aws:username}`.

    A variable with a default has its default where the request does not have the key.
    """
    found: dict[str, ContextValue] = {}
    for written in _VARIABLE.finditer(text):
        if written[1] in _ESCAPES:
            continue
        variable = Variable.parse(written[1])
        value = variable.value(context)
        found[written[0]] = UNKNOWN if isinstance(value, Wild) else (value,) if value else None
    return found


def variable_keys(text: str) -> Iterator[str]:
    """Folded names of the condition keys that stand for a part of a text."""
    for inner in _VARIABLE.findall(text):
        if inner not in _ESCAPES:
            yield Variable.parse(inner).key


def has_variable(text: str) -> bool:
    return _VARIABLE.search(text) is not None


def parse_template(text: str, *, wildcards: bool) -> Template:
    """Split a text into its parts. Without `wildcards`, a `*` in it is a plain asterisk."""
    parts: list[str | Wild | Variable] = []
    # The pieces at odd positions are what stands inside ${…}.
    for position, piece in enumerate(_VARIABLE.split(text)):
        if position % 2:
            parts.append(piece if piece in _ESCAPES else Variable.parse(piece))
        elif piece:
            parts.extend(parse_glob(piece) if wildcards else (piece,))
    return Template(tuple(parts))
