"""A secret that was read: its value, its version and the time. No class prints a value."""

from __future__ import annotations

from binascii import a2b_base64
from time import time

from ._errors import UnusableSecret
from ._loading import NotStrict, Number, make_decoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from ._asked import Asked


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


class SecretValue:
    """One version of a secret, as GetSecretValue answers.

    `secret_string` is text and `secret_binary` bytes; one of them is None. `keys` are those of a
    JSON object. `version_stages` are the staging labels at the time of reading, `read_at` seconds
    since the epoch: the only clock that advances while Lambda has the function frozen.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
    """

    __slots__ = (
        "arn",
        "members",  # the keys as the document spells them, with each Number's own text
        "name",
        "parsed",  # the keys as readers get them; None where the value is no JSON object
        "problem",  # why it is none: AWS-like code and words
        "read_at",
        "secret_binary",
        "secret_string",
        "version_id",
        "version_stages",
    )

    def __init__(self, name: str, answer: dict[str, Any]) -> None:
        """Take the values out of `answer`, so that no frame of an error holds them."""
        self.name = name
        self.arn = str(answer.get("ARN", ""))
        self.version_id = str(answer.get("VersionId", ""))
        self.version_stages = tuple(map(str, answer.get("VersionStages") or ()))
        text = answer.pop("SecretString", None)
        self.secret_string: str | None = text if isinstance(text, str) else None
        self.secret_binary = _bytes(answer.pop("SecretBinary", None))
        self.problem, self.members, self.parsed = _parse(self.secret_string)
        self.read_at = time()

    def __repr__(self) -> str:
        return f"<{self.name} {self.version_id}>"

    def __reduce_ex__(self, _: Any) -> NoReturn:
        raise TypeError("a secret's value is not copied or pickled")

    @property
    def keys(self) -> dict[str, Any]:
        """The keys of a JSON object, read-only. Raises UnusableSecret for anything else."""
        if self.parsed is None:
            code, words = self.problem
            raise UnusableSecret(self.name, words, code=code)
        return self.parsed


def value_from(asked: Asked, answer: dict[str, Any]) -> SecretValue:
    """Return GetSecretValue's answer. Raises UnusableSecret if it is not what was asked for.

    By then neither a frame's locals nor an error holds the value.
    """
    value = SecretValue(asked.secret_id, answer)
    if asked.as_keys:
        value.keys  # noqa: B018 - raises if there are none
    elif value.secret_string is None and value.secret_binary is None:
        raise UnusableSecret(value.name, "The answer holds neither text nor bytes")
    return value


def _bytes(given: Any) -> bytes | None:
    """Return boto3's bytes, or those of JSON's base64."""
    try:
        return a2b_base64(given, strict_mode=True) if isinstance(given, str) else given
    except ValueError:
        return None


def _parse(text: str | None) -> tuple[tuple[str, str], dict[str, Any], Keys | None]:
    """Return a problem (code, words), the members, and the keys for readers.

    The parser's own error holds the document, so it is not passed on.
    """
    if text is None:
        return ("", "It holds binary data, not JSON; get_secret_value reads it"), {}, None
    problem = ("JSONDecodeError", "The value is not JSON")
    try:
        document = make_decoder().decode(text)
        if isinstance(document, dict):
            return ("", ""), document, _frozen(document)
        problem = (problem[0], "The value is JSON, but not an object of keys and values")
    except NotStrict as refused:
        problem = (problem[0], f"The value is not JSON: {refused}")
    except RecursionError:
        problem = (problem[0], "The value is nested too deeply")
    except ValueError:
        pass
    return problem, {}, None
