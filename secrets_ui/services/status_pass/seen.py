"""What a pass has seen of one environment, and what the next pass compares with. Nouns alone: nobody is asked here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ...domain.access.evidence import AccessEvidence, Evidence, Known, NotAsked
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.secret import Secret, SecretVersion
from ...domain.status.outside_changes import OutsideChange, Sight, document_hash
from ...domain.status.watched import TrailEvent
from ...domain.usage.alarm import Alarm
from ..access.share import SharedEvidence

RUNNER = Actor("run_checks", job="run_checks")  # in whose name a pass looks


@dataclass
class SeenSecret:
    """One secret as it was seen. `evidence` is there for the catalogue's; `policy` is its resource policy, with `policy_at`, RFC 3339, and
    `policy_of`, the LastChangedDate of then."""

    name: str
    secret: Evidence[Secret]
    evidence: AccessEvidence | None = None
    facts: VersionFacts | None = None
    facts_problem: str = ""
    version_facts: dict[str, VersionFacts] = field(default_factory=dict)
    policy: Evidence[str] = field(default_factory=lambda: NotAsked("a later pass"))
    policy_at: str = ""
    policy_of: str = ""
    changes: tuple[OutsideChange, ...] = ()
    is_first_sight: bool = True

    @property
    def versions(self) -> tuple[SecretVersion, ...] | None:
        found = self.evidence.versions if self.evidence else None
        return found.value if isinstance(found, Known) else None

    def remembered(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """What the next pass compares with."""
        if not isinstance(self.secret, Known):
            return dict(before)
        text = self.policy.value if isinstance(self.policy, Known) else None
        sight = Sight.of(self.secret.value, document_hash(text) if text is not None else "")
        if text is None and before.get("sight"):
            sight = replace(sight, policy=before["sight"]["policy"])
        return {
            "sight": sight.to_json(), "changes": [change.to_json() for change in self.changes],
            "policy": {"text": text, "at": self.policy_at, "of": self.policy_of} if text is not None else before.get("policy", {}),
        }  # fmt: skip


@dataclass
class Seen:
    """An environment as it was seen. `before` holds what was remembered, by secret name; "" is the environment itself."""

    environment: Environment
    at: datetime
    before: Mapping[str, Mapping[str, Any]]
    listed: Evidence[int]
    shared: SharedEvidence | None = None
    secrets: dict[str, SeenSecret] = field(default_factory=dict)
    alarms: Evidence[tuple[Alarm, ...]] | None = None
    decrypts: Evidence[tuple[TrailEvent, ...]] | None = None
    changes: tuple[OutsideChange, ...] = ()
    unread_keys: tuple[str, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)
    alias: str = ""
    unlooked: int = 0
    step: Callable[[], None] = lambda: None  # called between the parts of the work

    def known(self) -> dict[str, Secret]:
        """The secrets that AWS told of, by name."""
        return {
            name: s.secret.value for name, s in self.secrets.items() if isinstance(s.secret, Known)
        }

    def remembered(self) -> dict[str, Any]:
        before = self.before.get("", {})
        return {
            "changes": [change.to_json() for change in self.changes],
            "keys": {**before.get("keys", {}), **self.keys},
            "alias": self.alias or before.get("alias", ""),
        }
