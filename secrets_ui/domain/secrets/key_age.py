"""How old a key's value is, and which version set it: the oldest one in a row that holds it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .facts import VersionFacts
from .secret import SecretVersion

_FIRST = timedelta(minutes=1)  # a secret's first version is made with it


@dataclass(frozen=True)
class Making:
    """What is on record of a version's making: the one that it came from, and the keys that it
    changed."""

    base: str = ""
    keys: frozenset[str] = frozenset()


NO_MAKING = Making()


@dataclass(frozen=True)
class KeyAge:
    """When a value was set, and by which version.

    Where `since` is not exact, it may have been set earlier, but not before `not_before`; `version`
    is then the oldest one that is known to hold it.
    """

    since: datetime
    is_exact: bool
    not_before: datetime | None = None
    version: str = ""


def due_at(age: KeyAge, max_age_days: int) -> datetime:
    """When the catalogue has a value replaced; where its age is not exact, at the latest."""
    return age.since + timedelta(days=max_age_days)


def _newest_first(version: SecretVersion) -> float:
    return -version.created.timestamp() if version.created else 0


def key_age(
    key: str,
    current: str,
    versions: Sequence[SecretVersion],
    facts: Mapping[str, VersionFacts],
    created: datetime | None,
    makings: Mapping[str, Making] | None = None,
) -> KeyAge | None:
    """The age of the key's value, or None without the facts of the current version.

    `versions` are all that AWS still lists. `facts` are by version id, of those looked at so far;
    `makings` likewise, of those that this console made.
    """
    makings = makings or {}
    fact = facts[current].key(key) if current in facts else None
    if fact is None:
        return None
    age: KeyAge | None = None
    for version, before in _line(current, versions, makings):
        if version.created is None:
            break
        age = KeyAge(version.created, False, created, version.version_id)
        made, known = makings.get(version.version_id), facts.get(before)
        if made and key in made.keys:
            return _exact(age)
        if made and before:
            continue  # a save leaves all other keys as they were
        if not before:
            is_first = created is None or age.since - created <= _FIRST
            return _exact(age) if is_first else age
        if known is None:
            break
        other = known.key(key)
        if other is None or other.fingerprint != fact.fingerprint:
            return _exact(age)
    return age


def _exact(age: KeyAge) -> KeyAge:
    return KeyAge(age.since, True, age.not_before, age.version)


def _line(
    current: str, versions: Sequence[SecretVersion], makings: Mapping[str, Making]
) -> Iterator[tuple[SecretVersion, str]]:
    """The current version and those that it came from, each with the id of the one before it, ""
    before the first.

    Where no record tells, that is the next older one.
    """
    # Versions of one moment stay in the order in which they are given.
    dated = sorted((v for v in versions if v.created), key=_newest_first)
    older = dict(zip(dated, [v.version_id for v in dated[1:]] + [""], strict=True))
    left = {version.version_id: version for version in dated}
    id = current
    while version := left.pop(id, None):
        id = makings[id].base if id in makings else older[version]
        yield version, id
