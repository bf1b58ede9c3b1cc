"""A secret that was read: its keys, its version and the time. Neither class prints a value."""

from __future__ import annotations

import json
from time import time

from ._errors import UnusableSecret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class Keys(dict[str, "Any"]):
    """The keys and values of a secret: a read-only dict that does not print its values.

    It is read-only since all readers share it. `dict(keys)` makes a plain copy.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<keys {', '.join(map(str, self))}>" if self else "<no keys>"

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("the keys of a secret are read-only; dict(keys) makes a copy of your own")

    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse
    __reduce_ex__ = _refuse  # neither pickle nor a process pool takes values elsewhere

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: Any) -> dict[str, Any]:
        from copy import deepcopy

        return {name: deepcopy(value, memo) for name, value in self.items()}


class Held:
    """A secret that was read.

    `read_at` is in seconds since the epoch, the only clock that advances while Lambda has the
    function frozen.
    """

    __slots__ = ("arn", "keys", "name", "read_at", "version")

    def __init__(self, name: str, arn: str, version: str, keys: Keys) -> None:
        self.name, self.arn, self.version, self.keys = name, arn, version, keys
        self.read_at = time()

    def __repr__(self) -> str:
        return f"<{self.name} {self.version}>"


def is_stale(held: Held | None, max_age: float | None) -> bool:
    """Whether a secret is absent or older than `max_age` seconds.

    A clock that was set back makes it stale too. So does a `max_age` that is no number, which is
    refused where secrets are read.
    """
    try:
        return held is None or (max_age is not None and not 0 <= time() - held.read_at <= max_age)
    except TypeError:
        return True


def held_from(name: str, answer: dict[str, Any]) -> Held:
    """Parse GetSecretValue's answer.

    Raises UnusableSecret. By then neither a frame's locals nor an error holds the value.
    """
    problem, keys = _parse(answer.pop("SecretString", None))
    if problem:
        raise UnusableSecret(name, problem[1], code=problem[0])
    return Held(name, str(answer.get("ARN", "")), str(answer.get("VersionId", "")), keys)


def _parse(text: Any) -> tuple[tuple[str, str] | None, Keys]:
    """Return a problem (code, words), or the keys.

    The parser's own error holds the document, so it is not passed on.
    """
    if not isinstance(text, str):
        return ("", "It holds binary data, and the loader reads JSON"), Keys()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ("JSONDecodeError", "The value is not JSON"), Keys()
    if not isinstance(document, dict):
        return (
            "JSONDecodeError",
            "The value is JSON, but not an object of keys and values",
        ), Keys()
    return None, Keys(document)
