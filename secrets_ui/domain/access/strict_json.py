"""JSON as AWS reads it: no key twice, no NaN, and no more nesting than a reader can follow."""

import json
from collections.abc import Iterable
from typing import NoReturn


class NotStrictJson(ValueError):
    """The text is not JSON, or not JSON that means one thing."""


def read_json(text: str | bytes) -> object:
    """Decode a JSON text. Raises NotStrictJson, with a reason fit to be shown."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except NotStrictJson:
        raise
    except RecursionError:
        raise NotStrictJson("nested too deeply") from None
    except UnicodeDecodeError:
        raise NotStrictJson("not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise NotStrictJson(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError:  # an integer of thousands of digits
        raise NotStrictJson("a number is too large") from None


def _object(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise NotStrictJson(f"the key {key[:60]!r} stands twice in one object")
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise NotStrictJson(f"{name} is not a JSON number")
