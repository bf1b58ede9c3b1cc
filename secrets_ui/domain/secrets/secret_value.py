"""SecretValue: a value that cannot be printed, pickled, copied or rendered by accident."""

import hmac
from typing import Any, NoReturn

MASK = "••••••••"  # for every value, whatever its length
# Of the whole SecretString:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_BYTES = 65_536


class SecretValue:
    """Holds a text. `reveal()` is the only way out, so that a search for it finds every use."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        return self.__text

    # A template would call a callable by itself; alters_data makes it refuse.
    reveal.alters_data = True  # type: ignore[attr-defined]

    @property
    def size(self) -> int:
        """Length in UTF-8 bytes, as Secrets Manager counts."""
        return len(self.__text.encode("utf-8", "surrogatepass"))

    @property
    def has_half_characters(self) -> bool:
        """Whether a lone surrogate is in it: JSON can spell one, UTF-8 cannot hold one."""
        try:
            self.__text.encode("utf-8")
        except UnicodeEncodeError:
            return True
        return False

    def __repr__(self) -> str:
        return f"SecretValue({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretValue):
            return NotImplemented
        mine, theirs = (
            self.__text.encode("utf-8", "surrogatepass"),
            other.__text.encode("utf-8", "surrogatepass"),
        )
        return hmac.compare_digest(mine, theirs)

    __hash__ = None  # type: ignore[assignment]  # a hash would put it into sets and cache keys

    def _refuse(self, *_: Any) -> NoReturn:
        raise TypeError(
            "A SecretValue can be neither copied nor serialised; reveal() it where it must leave."
        )

    __reduce__ = __reduce_ex__ = __copy__ = __deepcopy__ = __getstate__ = _refuse
