"""A secret that was read: its keys, its version, and when. Neither prints a value."""

from __future__ import annotations

import json
import time

from ._errors import UnusableSecret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Keys(dict[str, "Any"]):
    """The keys of a secret with their values: a plain dict, but for its repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<keys {', '.join(map(str, self))}>" if self else "<no keys>"

    __str__ = __repr__


class Held:
    """`read_at` is in seconds since the epoch: the only clock that goes on while Lambda has the function frozen."""

    __slots__ = ("arn", "keys", "name", "read_at", "version")

    def __init__(self, name: str, arn: str, version: str, keys: Keys) -> None:
        self.name, self.arn, self.version, self.keys = name, arn, version, keys
        self.read_at = time.time()

    def __repr__(self) -> str:
        return f"<{self.name} {self.version}>"

    def is_older_than(self, seconds: float) -> bool:
        """A clock that was set back makes it old too, and so does an age that is no number: it is refused where secrets are read."""
        try:
            return not 0 <= time.time() - self.read_at <= seconds
        except TypeError:
            return True


def held_from(name: str, answer: dict[str, Any]) -> Held:
    """From what GetSecretValue answers. Raises UnusableSecret; by then no frame's locals and no error holds the value."""
    problem, keys = _parse(answer.pop("SecretString", None))
    if problem:
        raise UnusableSecret(name, problem[1], code=problem[0])
    return Held(name, str(answer.get("ARN", "")), str(answer.get("VersionId", "")), keys)


def _parse(text: Any) -> tuple[tuple[str, str] | None, Keys]:
    """A problem (code, words), or the keys. An error of the parser holds the document, so it goes no further than this."""
    if not isinstance(text, str):
        return ("", "It holds binary data, and the loader reads JSON"), Keys()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ("JSONDecodeError", "The value is not JSON"), Keys()
    if not isinstance(document, dict):
        return ("JSONDecodeError", "The value is JSON, but not an object of keys and values"), Keys()
    return None, Keys(document)
