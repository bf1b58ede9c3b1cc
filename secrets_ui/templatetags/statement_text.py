"""A policy statement as people read it: short members on one line, and what fails marked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

COLUMNS = 96
Piece = tuple[str, bool]


def statement_lines(shown: Any) -> list[Piece]:
    """A policy statement as pieces of text, and of each whether it is what fails.

    What fails is a member, or single keys of the Condition.
    """
    pieces = [("{", False)]
    for name, value, comma in _members(shown.document):
        if name == shown.marked == "Condition" and shown.unmet:
            pieces += _condition_lines(value, set(shown.unmet), comma)
        else:
            pieces.append((_text(name, value, 2) + comma, name == shown.marked))
    return [*pieces, ("}", False)]


def _condition_lines(
    condition: Mapping[str, Any], unmet: set[tuple[str, str]], comma: str
) -> Iterator[Piece]:
    yield '  "Condition": {', False
    for operator, keys, after_operator in _members(condition):
        yield f"    {_json(operator)}: {{", False
        for key, wanted, after_key in _members(keys):
            yield _text(key, wanted, 6) + after_key, (operator, key) in unmet
        yield f"    }}{after_operator}", False
    yield f"  }}{comma}", False


def _members(document: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Each member, with the comma that follows it."""
    for number, (name, value) in enumerate(document.items(), start=1):
        yield name, value, "," if number < len(document) else ""


def _text(name: str, value: Any, indent: int) -> str:
    """A member on one line where it fits."""
    text = f"{_json(name)}: {_json(value)}"
    if indent + len(text) > COLUMNS:
        text = f"{_json(name)}: {json.dumps(value, indent=2, ensure_ascii=False)}"
    return " " * indent + text.replace("\n", "\n" + " " * indent)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
