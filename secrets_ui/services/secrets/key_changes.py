"""When each key of a secret was changed, by whom and why, and when it is due: from kept facts and
the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...domain.secrets.catalog import SecretSpec
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.key_age import KeyAge, due_at, key_age
from ...domain.secrets.secret import Secret, SecretVersion
from ..audit.who_changed import Author
from .version_facts import facts_of_versions


@dataclass(frozen=True)
class KeyChange:
    """`author` is None where the version was made outside this console. Where the age is not exact,
    the key may have been changed earlier, by somebody else, and be due sooner.

    `due` is None where the catalogue allows any age, and for what is yet to be set.
    """

    age: KeyAge
    author: Author | None
    due: datetime | None


def changes_of_keys(
    secret: Secret,
    spec: SecretSpec,
    current: VersionFacts,
    versions: Sequence[SecretVersion],
    authors: Mapping[str, Author],
) -> dict[str, KeyChange]:
    """By key; keys of which it is not known are left out. One query, no AWS call."""
    ids = [version.version_id for version in versions]
    facts = facts_of_versions(secret.arn, spec, ids) | {current.version_id: current}
    makings = {version: author.made for version, author in authors.items()}
    ages = {
        key.name: key_age(key.name, secret.current, versions, facts, secret.created, makings)
        for key in current.keys
    }
    return {
        name: KeyChange(age, authors.get(age.version), _due(spec, current, name, age))
        for name, age in ages.items()
        if age
    }


def _due(spec: SecretSpec, facts: VersionFacts, name: str, age: KeyAge) -> datetime | None:
    key = spec.key(name)
    if key is None or not key.max_age_days or not facts.is_set(name):
        return None
    return due_at(age, key.max_age_days)
