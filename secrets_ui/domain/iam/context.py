"""The request context: condition keys and their values. Key names ignore case, tag keys included."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

Values = tuple[str, ...]


class Unknown(Enum):
    """The value of a key that nobody here can know: it may be anything, or absent."""

    UNKNOWN = auto()


UNKNOWN = Unknown.UNKNOWN
Found = Values | Literal[Unknown.UNKNOWN] | None


def fold(text: str) -> str:
    """The form in which names that ignore case are compared."""
    return text.casefold()


@dataclass(frozen=True, slots=True)
class Context:
    """Condition keys by folded name. An empty list is a key without a value: absent."""

    values: Mapping[str, Values | Literal[Unknown.UNKNOWN]]
    multivalued: frozenset[str]
    unknown_prefixes: tuple[str, ...]

    @classmethod
    def of(cls, keys: Mapping[str, str | Iterable[str]], unknown: Iterable[str] = ()) -> "Context":
        """A string is a single-valued key, anything else iterable a multivalued one.

        `unknown` names keys that cannot be known; a name that ends in `*` stands for all keys with that
        beginning (`aws:ResourceTag/*`). Two spellings of one key with two values make that key unknown.
        """
        values: dict[str, Values | Literal[Unknown.UNKNOWN]] = {}
        multivalued = set()
        for name, given in keys.items():
            key = name.casefold()
            if isinstance(given, str):
                found: Values = (given,)
            else:
                found = tuple(given)
                multivalued.add(key)
            if found:
                values[key] = found if values.get(key, found) == found else UNKNOWN
        names = [fold(name) for name in unknown]
        values.update((name, UNKNOWN) for name in names if not name.endswith("*"))
        prefixes = tuple([name[:-1] for name in names if name.endswith("*")])
        return cls(values, frozenset(multivalued), prefixes)

    def lookup(self, folded: str) -> Found:
        """The values of a key, UNKNOWN, or None when the request does not have the key."""
        found = self.values.get(folded)
        if found is None and self.unknown_prefixes and folded.startswith(self.unknown_prefixes):
            return UNKNOWN
        return found

    def has_unknown(self, prefix: str) -> bool:
        """Whether a key with this beginning was declared unknown."""
        keys = (key for key, found in self.values.items() if found is UNKNOWN)
        return any(key.startswith(prefix) for key in keys) or any(
            name.startswith(prefix) or prefix.startswith(name) for name in self.unknown_prefixes
        )
