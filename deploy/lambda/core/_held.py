"""A secret that was read: its keys, its version and the time. Neither class prints a value."""

from __future__ import annotations

from time import time

from ._errors import UnusableSecret
from ._loading import NotStrict, Number, make_decoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class Keys(dict[str, "Any"]):
    """The keys and values of a secret: a read-only dict that does not print its values.

    It is read-only since all readers share it, at every level: an inner object is a Keys too, and
    a list is a tuple. `dict(keys)` makes a plain copy, and `copy.deepcopy` one of all levels.
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
        return {name: _thawed(value) for name, value in self.items()}


def _frozen(value: Any) -> Any:
    """Return the value for readers: numbers as Python's own, and nothing that can be changed."""
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, dict):
        return Keys({name: _frozen(inner) for name, inner in value.items()})
    if isinstance(value, list):
        return tuple([_frozen(inner) for inner in value])
    return value


def _thawed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _thawed(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_thawed(inner) for inner in value]
    return value


def _number(text: str) -> int | float | str:
    """Return the number; its text where Python refuses to convert that many digits."""
    try:
        return float(text) if any(mark in text for mark in ".eE") else int(text)
    except ValueError:
        return str(text)


class Held:
    """A secret that was read.

    `members` are the keys as the document spells them, with each Number's own text. `read_at` is
    in seconds since the epoch, the only clock that advances while Lambda has the function frozen.
    """

    __slots__ = ("arn", "keys", "members", "name", "read_at", "version")

    def __init__(self, name: str, arn: str, version: str, members: dict[str, Any]) -> None:
        self.name, self.arn, self.version, self.members = name, arn, version, members
        self.keys: Keys = _frozen(members)
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
    problem, members = _parse(answer.pop("SecretString", None))
    if problem:
        raise UnusableSecret(name, problem[1], code=problem[0])
    try:
        return Held(name, str(answer.get("ARN", "")), str(answer.get("VersionId", "")), members)
    except RecursionError:
        members.clear()
    raise UnusableSecret(name, "The value is nested too deeply", code="JSONDecodeError")


def _parse(text: Any) -> tuple[tuple[str, str] | None, dict[str, Any]]:
    """Return a problem (code, words), or the members.

    The parser's own error holds the document, so it is not passed on.
    """
    if not isinstance(text, str):
        return ("", "It holds binary data, and the loader reads JSON"), {}
    try:
        document = make_decoder().decode(text)
    except NotStrict as refused:
        return ("JSONDecodeError", f"The value is not JSON: {refused}"), {}
    except (ValueError, RecursionError):
        return ("JSONDecodeError", "The value is not JSON"), {}
    if not isinstance(document, dict):
        return ("JSONDecodeError", "The value is JSON, but not an object of keys and values"), {}
    return None, document
