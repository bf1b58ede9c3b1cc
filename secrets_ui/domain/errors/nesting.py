"""JSON from outside, which may be nested as deep as its author likes.

Python's own limit depends on how deep the caller stands: what one place can still parse, another
can neither walk through nor write. So there is one number, far below that limit.
"""

from __future__ import annotations

import json
from typing import Any

# Levels of objects and lists. A policy of AWS's has 7.
MOST_LEVELS = 100
TOO_DEEP = "nested too deeply"


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
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return
    raise NestedTooDeeply


def _children(item: object) -> Any:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()
