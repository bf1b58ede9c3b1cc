"""How old a key's value is: since the oldest version in a row that holds the same fingerprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .facts import VersionFacts
from .secret import SecretVersion

_FIRST = timedelta(minutes=1)  # a secret's first version is made with it


@dataclass(frozen=True)
class KeyAge:
    """When a value was set.

    Where `since` is not exact, it may have been set earlier, but not before `not_before`.
    """

    since: datetime
    is_exact: bool
    not_before: datetime | None = None


def _newest_first(version: SecretVersion) -> tuple[float, str]:
    return -(version.created.timestamp() if version.created else 0), version.version_id


def key_age(
    key: str,
    current: str,
    versions: Sequence[SecretVersion],
    facts: Mapping[str, VersionFacts],
    created: datetime | None,
) -> KeyAge | None:
    """The age of the key's value, or None without the facts of the current version.

    `versions` are all that AWS still lists. `facts` are by version id, of those looked at so far.
    """
    dated = sorted((v for v in versions if v.created), key=_newest_first)
    now = next((v for v in dated if v.version_id == current), None)
    fact = facts[current].key(key) if current in facts else None
    if now is None or fact is None or now.created is None:
        return None
    since, is_exact = now.created, False
    for version in dated[dated.index(now) + 1 :]:
        known = facts.get(version.version_id)
        if known is None:
            break
        other = known.key(key)
        if other is None or other.fingerprint != fact.fingerprint:
            is_exact = True
            break
        since = version.created or since
    else:
        is_exact = created is None or since - created <= _FIRST
    return KeyAge(since, is_exact, created)
