"""How two versions of a secret differ, key by key, from their facts alone."""

from dataclasses import dataclass

from .facts import KeyFacts, VersionFacts


@dataclass(frozen=True)
class Difference:
    """A key that differs: None on the side that does not have it."""

    key: str
    before: KeyFacts | None
    after: KeyFacts | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def differences(before: VersionFacts, after: VersionFacts) -> tuple[Difference, ...]:
    """In the order of `before`, and then of `after`."""
    names = dict.fromkeys(key.name for key in (*before.keys, *after.keys))
    pairs = (Difference(name, before.key(name), after.key(name)) for name in names)
    return tuple(pair for pair in pairs if _shown(pair.before) != _shown(pair.after))


def _shown(facts: KeyFacts | None) -> tuple[str, str] | None:
    """What tells a value from another: its fingerprint and its JSON type."""
    return (facts.fingerprint, facts.type) if facts else None
