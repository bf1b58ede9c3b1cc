"""JSON as AWS reads it: no repeated keys, no NaN, no excessive nesting."""

import json
from collections import Counter

from ..errors.nesting import TOO_DEEP, NestedTooDeeply, ensure_shallow


class NotStrictJson(ValueError):
    """The text is not JSON, or is ambiguous JSON.

    `document` is what a lenient parser makes of the text, if anything.
    """

    def __init__(self, reason: str, document: object = None) -> None:
        super().__init__(reason)
        self.document = document


def read_json(text: str | bytes) -> object:
    """Decode a JSON text. Raises NotStrictJson, whose reason can be shown to the user."""
    faults: list[str] = []

    def read_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
            faults.append(f"the key {twice[:60]!r} stands twice in one object")
        return found

    def read_constant(name: str) -> None:
        faults.append(f"{name} is not a JSON number")

    try:
        document = json.loads(text, object_pairs_hook=read_object, parse_constant=read_constant)
        ensure_shallow(document)
    except (RecursionError, NestedTooDeeply):
        raise NotStrictJson(TOO_DEEP) from None
    except UnicodeDecodeError:
        raise NotStrictJson("not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise NotStrictJson(
            f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except ValueError:
        # An integer of thousands of digits.
        raise NotStrictJson("a number is too large") from None
    if faults:
        raise NotStrictJson(faults[0], document)
    return document
