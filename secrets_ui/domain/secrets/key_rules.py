"""Checks of a key's value: errors where it cannot be right, warnings where it may not be."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .catalog import KeySpec, SecretSpec
from .formats import ODDITIES, Format, Level
from .loading import (
    NUL,
    RESERVED,
    RESERVED_NAME,
    RESERVED_STARTS,
    UNFIT_NAME,
    name_problem,
    value_problem,
)

NOT_IN_CATALOGUE = "is not in the catalogue"
BLANK_IN_NAME = "has a name that starts or ends with a blank"
# What `loading.name_problem` takes for a name, in Python's `re` and in JavaScript's alike.
VARIABLE = "[A-Za-z_][A-Za-z0-9_]*"


@dataclass(frozen=True)
class Problem:
    """A remark about a value, without any part of the value."""

    level: Level
    code: str
    text: str


def is_placeholder(value: str, spec: KeySpec) -> bool:
    return any(pattern.search(value) for pattern in spec.placeholders)


def check_value(value: str, spec: KeySpec) -> tuple[Problem, ...]:
    """Every remark about a value that is to be stored under `spec`; empty when it is fine."""
    return tuple(_problems(value, spec))


def check_key(
    name: str, kind: str, text: str, spec: SecretSpec, rules: KeySpec | None = None
) -> tuple[Problem, ...]:
    """Every remark about a key and its value: what the Lambda cannot load comes first.

    `kind` is the value's JSON type. What is no string counts as the document spells it, since
    that is what the variable gets. `rules` are `spec.rules_of(name)`, where a caller has them.
    """
    problems = [*check_name(name, spec), *_unloadable_value(kind, text, spec)]
    if kind in ("string", "number", "boolean"):
        problems += check_value(text, rules or spec.rules_of(name))
    return tuple(problems)


def check_name(name: str, spec: SecretSpec) -> tuple[Problem, ...]:
    """Remarks about the name of a key that is to be set."""
    return tuple(_name_problems(name, spec))


def names_for_script() -> dict[str, Any]:
    """The rules of `check_name` as JSON members, for key_rules.js."""
    return {
        "pattern": VARIABLE,
        "reserved": sorted(RESERVED),
        "reserved_starts": RESERVED_STARTS,
        "texts": {
            "unfit": UNFIT_NAME,
            "reserved": RESERVED_NAME,
            "blank": BLANK_IN_NAME,
            "unexpected": NOT_IN_CATALOGUE,
        },
    }


def _name_problems(name: str, spec: SecretSpec) -> Iterator[Problem]:
    """The Lambda loads every key of the secrets that the catalogue knows, and of no other."""
    if spec.keys and (text := name_problem(name)):
        yield Problem("error", "unloadable", text)
    if name != name.strip():
        yield Problem("warning", "blank_in_name", BLANK_IN_NAME)
    if spec.keys and name not in spec.keys:
        yield Problem("warning", "unexpected", NOT_IN_CATALOGUE)


def _unloadable_value(kind: str, text: str, spec: SecretSpec) -> Iterator[Problem]:
    problem = value_problem(kind, text if kind == "string" else "")
    if spec.keys and problem and problem != NUL:  # check_value reports that one everywhere
        yield Problem("error", "unloadable", problem)


def _problems(value: str, spec: KeySpec) -> Iterator[Problem]:
    if value == "":
        yield Problem("warning", "empty", "is empty")
        return
    if "\x00" in value:
        yield Problem("error", "nul", NUL)
    placeholder = is_placeholder(value, spec)
    if placeholder:
        yield Problem("warning", "placeholder", "is a placeholder")
    yield from _blanks(value, "warning" if spec.value_format.allows_blanks else "error")
    yield from _oddities(value)
    if not placeholder:
        yield from _broken_rules(value, spec.value_format)
        if len(value) < spec.min_length:
            yield Problem("error", "too_short", f"is shorter than {spec.min_length} characters")


def _blanks(value: str, level: Level) -> Iterator[Problem]:
    """Blanks around a value, which are reported and never trimmed."""
    if value != value.lstrip():
        yield Problem(level, "leading_blank", "starts with a blank")
    if value.endswith("\n"):
        yield Problem(level, "trailing_newline", "ends in a line break")
    elif value != value.rstrip():
        yield Problem(level, "trailing_blank", "ends in a blank")


def _oddities(value: str) -> Iterator[Problem]:
    """What was probably pasted by mistake, with the place where it stands."""
    for oddity in ODDITIES:
        if position := oddity.position(value):
            yield Problem("warning", oddity.code, oddity.text.format(position))


def _broken_rules(value: str, expected: Format) -> Iterator[Problem]:
    """The rules that the value breaks, up to the first error."""
    for rule in expected.rules:
        if not rule.holds(value):
            yield Problem(rule.level, rule.code, rule.text)
            if rule.level == "error":
                return
