"""How values come to their keys, so that the record tells who knows them."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from .edit import Applied, Edit


class Origin(StrEnum):
    """How a person came to know a value: they saw it, or gave it.

    TYPED, IMPORTED and GENERATED are members of the details of a save, a proposal and a creation,
    with the keys whose values came so. Records of earlier releases do not tell: SET is for those.
    """

    SEEN = "seen"
    TYPED = "typed"
    IMPORTED = "imported"
    GENERATED = "generated"
    SET = "set"


_GIVEN = (Origin.TYPED, Origin.IMPORTED, Origin.GENERATED)
# Members of the details where every value went from gateway to gateway.
_TAKEN = ("restored", "copied_from", "replaces")


def origins_of(edit: Edit, applied: Applied) -> dict[str, list[str]]:
    """For the record: the keys that changed, by `Origin`.

    Empty where nobody gave a value, and for a text, which has no keys.
    """
    found: dict[str, list[str]] = {}
    if edit.restores or edit.copies:
        return found
    for key in applied.changed:
        if key not in applied.removed:
            found.setdefault(_origin(edit, key), []).append(key)
    return found


def _origin(edit: Edit, key: str) -> Origin:
    if key in edit.generate:
        return Origin.GENERATED
    return Origin.IMPORTED if key in edit.imported else Origin.TYPED


def given_values(
    keys: Sequence[str], details: Mapping[str, object]
) -> Iterator[tuple[str, Origin]]:
    """The keys whose values a person knows by having made this record, "" for a whole text.

    `keys` are those that the save changed. What the record does not tell counts as known.
    """
    if any(name in details for name in _TAKEN):
        return
    told = {key: origin for origin in _GIVEN for key in _texts(details.get(origin))}
    for key in keys or ("",):
        origin = told.get(key, Origin.SET)
        # A record that tells of others tells that this key was removed.
        if origin is not Origin.GENERATED and (key in told or not told):
            yield key, origin


def _texts(found: object) -> list[str]:
    return [key for key in found if isinstance(key, str)] if isinstance(found, list) else []
