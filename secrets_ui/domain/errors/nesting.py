"""JSON from outside, which may be nested as deep as its author likes.

Python's own limit depends on how deep the caller stands: what one place can still parse, another
can neither walk through nor write. So there is one number, far below that limit.
"""

import json
from collections.abc import Iterable
from typing import Any

# Levels of objects and lists. A policy of AWS's has 7.
MOST_LEVELS = 100
TOO_DEEP = "nested too deeply"
_Nested = dict[str, object] | list[object]


class NestedTooDeeply(ValueError):
    """More than MOST_LEVELS. Its text can be shown."""

    def __init__(self) -> None:
        super().__init__(TOO_DEEP)


def load_json(text: str | bytes) -> Any:
    """As json.loads. Raises ValueError alone, NestedTooDeeply among its kinds."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise NestedTooDeeply from None
    ensure_shallow(value)
    return value


def ensure_shallow(value: object) -> None:
    """Raises NestedTooDeeply. Needs no stack, however deep the value is."""
    level = _nested([value])
    for _ in range(MOST_LEVELS):
        level = [found for item in level for found in _nested(_children(item))]
        if not level:
            return
    raise NestedTooDeeply


def _nested(items: Iterable[object]) -> list[_Nested]:
    return [item for item in items if isinstance(item, dict | list)]


def _children(item: _Nested) -> Iterable[object]:
    return item.values() if isinstance(item, dict) else item
