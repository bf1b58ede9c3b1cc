"""The request context: condition keys and their values. Key names, also of tags, ignore case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Literal

Values = tuple[str, ...]


class Unknown(Enum):
    """The value of a key that cannot be known: it may be anything, or absent."""

    UNKNOWN = auto()


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Present:
    """A key that the request certainly has, though not all of its values are known."""

    values: Values = ()
    """Those that are known to be among them; any others may stand beside them."""


ContextValue = Values | Present | Literal[Unknown.UNKNOWN] | None
GivenValue = str | Iterable[str] | Present


def fold(text: str) -> str:
    """Return the form in which case-insensitive names are compared."""
    return text.casefold()


@dataclass(frozen=True, slots=True)
class Context:
    """Condition keys by folded name. A key with an empty list of values counts as absent."""

    values: Mapping[str, Values | Present | Literal[Unknown.UNKNOWN]]
    multivalued: frozenset[str]
    unknown_prefixes: tuple[str, ...]

    @classmethod
    def of(cls, keys: Mapping[str, GivenValue], unknown: Iterable[str] = ()) -> "Context":
        """Build a context. A string is a single-valued key, any other iterable a multivalued one.

        A key given as Present has a value that is not known, or not wholly.

        `unknown` names keys whose values cannot be known. A name that ends in `*` stands for all
        keys with that prefix (`aws:ResourceTag/*`). One key in two spellings with different values
        is unknown.
        """
        values: dict[str, Values | Present | Literal[Unknown.UNKNOWN]] = {}
        multivalued = set()
        for name, given in keys.items():
            key = name.casefold()
            found: Values | Present
            if isinstance(given, str):
                found = (given,)
            elif isinstance(given, Present):
                found = given
            else:
                found = tuple(given)
                multivalued.add(key)
            if found:
                values[key] = found if values.get(key, found) == found else UNKNOWN
        names, prefixes = _unknown(frozenset(unknown))
        values.update((name, UNKNOWN) for name in names)
        return cls(values, frozenset(multivalued), prefixes)

    def lookup(self, folded: str) -> ContextValue:
        """Return a key's values, Present, UNKNOWN, or None when the request lacks the key."""
        found = self.values.get(folded)
        if found is None and self.unknown_prefixes and folded.startswith(self.unknown_prefixes):
            return UNKNOWN
        return found

    def has_unknown(self, prefix: str) -> bool:
        """Whether any key with this prefix was declared unknown."""
        keys = (key for key, found in self.values.items() if found is UNKNOWN)
        return any(key.startswith(prefix) for key in keys) or any(
            name.startswith(prefix) or prefix.startswith(name) for name in self.unknown_prefixes
        )


@lru_cache(maxsize=256)
def _unknown(names: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys of unknown value, and prefixes of such. An account's requests have few such sets."""
    folded = [fold(name) for name in names]
    keys = tuple([name for name in folded if not name.endswith("*")])
    return keys, tuple([name[:-1] for name in folded if name.endswith("*")])
