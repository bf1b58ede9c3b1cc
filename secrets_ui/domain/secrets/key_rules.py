"""Checks of a key's value: errors where it cannot be right, warnings where it may not be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .catalog import KeySpec
from .formats import ODDITIES, Format, Level


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


def _problems(value: str, spec: KeySpec) -> Iterator[Problem]:
    if value == "":
        yield Problem("warning", "empty", "is empty")
        return
    if "\x00" in value:
        yield Problem(
            "error", "nul", "holds a NUL character, which no environment variable can hold"
        )
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
