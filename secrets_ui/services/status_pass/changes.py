"""Sixth stage: changes made outside the console since the last pass, and who made them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...domain.access.evidence import Known
from ...domain.secrets.secret import Secret
from ...domain.session_scope import WATCH
from ...domain.status.outside_changes import (
    ChainKnowledge,
    OutsideChange,
    SecretSnapshot,
    document_hash,
    find_changes,
)
from ..aws_access import gateways
from .authors import WhoDidIt, deletions_by_the_chain, lately, what_the_chain_knows
from .stage import RUNNER, extend
from .surroundings import WithSurroundings


@dataclass(frozen=True, kw_only=True)
class WithChanges(WithSurroundings):
    """`changes` by secret name; `other_changes` are of keys, of the alias and of lost secrets."""

    changes: Mapping[str, tuple[OutsideChange, ...]]
    other_changes: tuple[OutsideChange, ...]

    def remembered(self, name: str) -> dict[str, Any]:
        """What the next pass compares a secret with."""
        before, secret = self.before.get(name, {}), self.secrets[name]
        if not isinstance(secret, Known):
            return dict(before)
        snapshot, policy = _snapshot(self, secret.value), self.policies.get(name)
        kept = policy.to_json() if policy else None
        if kept is None and before.get("sight"):
            snapshot = replace(snapshot, policy=before["sight"]["policy"])
        changes = [change.to_json() for change in self.changes.get(name, ())]
        policy_json = before.get("policy", {}) if kept is None else kept
        return {"sight": snapshot.to_json(), "changes": changes, "policy": policy_json}

    def remembered_around(self) -> dict[str, Any]:
        """What the next pass compares the environment itself with."""
        before = self.before.get("", {})
        return {
            "changes": [change.to_json() for change in self.other_changes],
            "keys": {**before.get("keys", {}), **self.keys},
            "alias": self.alias or before.get("alias", ""),
        }


def find_outside_changes(before: WithSurroundings) -> WithChanges:
    """Raises DatabaseError."""
    known = before.known()
    moved = {name: s.current for name, s in known.items() if _has_moved(before, s)}
    chain = what_the_chain_knows(before.environment, moved)
    deleted = deletions_by_the_chain(before.environment)
    is_readable = before.shared is None or isinstance(before.shared.denials, Known)
    who = WhoDidIt(gateways(before.environment, RUNNER, WATCH).cloudtrail, is_readable)
    changes = {
        # The chain was asked where AWSCURRENT has moved, the one place that needs it.
        name: _of_secret(before, secret, _knowledge(name, chain, deleted), who)
        for name, secret in known.items()
    }
    found = _others(before, deleted)
    others = lately((_named(before, who, change) for change in found), before.at)
    return extend(WithChanges, before, changes=changes, other_changes=others)


def _snapshot(stage: WithSurroundings, secret: Secret) -> SecretSnapshot:
    policy = stage.policy(secret.name)
    return SecretSnapshot.of(
        secret, document_hash(policy.value) if isinstance(policy, Known) else ""
    )


def _has_moved(stage: WithSurroundings, secret: Secret) -> bool:
    before = stage.before.get(secret.name, {}).get("sight")
    return bool(secret.current) and (not before or before["current"] != secret.current)


def _knowledge(
    name: str, chain: Mapping[str, ChainKnowledge], deleted: Mapping[str, bool]
) -> ChainKnowledge:
    return replace(chain.get(name, ChainKnowledge(False)), deleted=deleted.get(name))


def _of_secret(
    stage: WithSurroundings, secret: Secret, chain: ChainKnowledge, who: WhoDidIt
) -> tuple[OutsideChange, ...]:
    before, at = stage.before.get(secret.name, {}), stage.at
    was = SecretSnapshot.from_json(before["sight"]) if before.get("sight") else None
    news = find_changes(was, _snapshot(stage, secret), chain, at, secret.last_changed)
    old = (OutsideChange.from_json(change) for change in before.get("changes", []))
    named = [who.name_late(change, at, secret.arn, secret.name) for change in (*old, *news)]
    return lately(named, at)


def _others(stage: WithSurroundings, deleted: Mapping[str, bool]) -> Iterator[OutsideChange]:
    """A secret that this console had deleted is gone by its doing."""
    before, at = stage.before.get("", {}), stage.at.isoformat(timespec="seconds")
    yield from (OutsideChange.from_json(change) for change in before.get("changes", []))
    for key, digest in sorted(stage.keys.items()):
        if before.get("keys", {}).get(key, digest) != digest:
            yield OutsideChange("key_policy", f"The policy of key {key} was changed.", at)
    if stage.alias and before.get("alias", stage.alias) != stage.alias:
        key, alias = stage.alias.rpartition("/")[2], stage.environment.kms_alias
        yield OutsideChange("alias", f"{alias} points at another key now, {key}.", at)
    if isinstance(stage.listed, Known):
        ours = {name for name, is_deleted in deleted.items() if is_deleted}
        for name in sorted(stage.before.keys() - stage.secrets.keys() - ours - {""}):
            yield OutsideChange("gone", f"The secret {name} is no longer there.", at)


def _named(stage: WithSurroundings, who: WhoDidIt, change: OutsideChange) -> OutsideChange:
    """By the resource: a key by its id or ARN, the alias, or the name of a secret that is gone."""
    environment = stage.environment
    arn = environment.arn("kms", "key/")
    keys = [*stage.keys, *(arn + key for key in stage.keys)]
    resources = [*keys, environment.kms_alias, stage.alias, *stage.before]
    about = [name for name in resources if name and name.rpartition("key/")[2] in change.text]
    return who.name_late(change, stage.at, *about)
