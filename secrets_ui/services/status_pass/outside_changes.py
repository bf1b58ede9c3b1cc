"""Changes made outside the console, as a pass finds them: what it saw against what the one before it remembered, and who did it."""

from __future__ import annotations

from ...domain.access.evidence import Known
from ...domain.secrets.secret import Secret
from ...domain.session_scope import WATCH
from ...domain.status.outside_changes import (
    ChainKnowledge,
    OutsideChange,
    Sight,
    document_hash,
    find_changes,
)
from ..aws_access import gateways
from .seen import RUNNER, Seen
from .watch_changes import WhoDidIt, lately, what_the_chain_knows


def find_outside_changes(seen: Seen) -> None:
    known = seen.known()
    fresh = {name: s.current for name, s in known.items() if _has_moved(seen, s)}
    chain = what_the_chain_knows(seen.environment, fresh)
    trail = gateways(seen.environment, RUNNER, WATCH).cloudtrail
    who = WhoDidIt(trail, seen.shared is None or isinstance(seen.shared.first.denials, Known))
    for name, secret in known.items():
        item, before = seen.secrets[name], seen.before.get(name, {})
        policy = document_hash(item.policy.value) if isinstance(item.policy, Known) else ""
        was = Sight.from_json(before["sight"]) if before.get("sight") else None
        knowledge = chain.get(
            name, ChainKnowledge(False)
        )  # asked where AWSCURRENT has moved, the one place that needs it
        news = find_changes(was, Sight.of(secret, policy), knowledge, seen.at, secret.last_changed)
        old = (OutsideChange.from_json(change) for change in before.get("changes", []))
        named = [who.name_late(change, seen.at, secret.arn, name) for change in (*old, *news)]
        item.changes = lately(named, seen.at)
    seen.changes = _around(seen, who)


def _has_moved(seen: Seen, secret: Secret) -> bool:
    before = seen.before.get(secret.name, {}).get("sight")
    return bool(secret.current) and (not before or before["current"] != secret.current)


def _around(seen: Seen, who: WhoDidIt) -> tuple[OutsideChange, ...]:
    before, at = seen.before.get("", {}), seen.at.isoformat(timespec="seconds")
    found = [OutsideChange.from_json(change) for change in before.get("changes", [])]
    for key, digest in sorted(seen.keys.items()):
        if before.get("keys", {}).get(key, digest) != digest:
            found.append(OutsideChange("key_policy", f"The policy of key {key} was changed.", at))
    if seen.alias and before.get("alias", seen.alias) != seen.alias:
        text = f"{seen.environment.kms_alias} points at another key now, {seen.alias.rpartition('/')[2]}."
        found.append(OutsideChange("alias", text, at))
    if isinstance(seen.listed, Known):
        gone = sorted(seen.before.keys() - seen.secrets.keys() - {""})
        found += [
            OutsideChange("gone", f"The secret {name} is no longer there.", at) for name in gone
        ]
    return lately([_named(seen, who, change) for change in found], seen.at)


def _named(seen: Seen, who: WhoDidIt, change: OutsideChange) -> OutsideChange:
    """By what the change is about: a key by its id or ARN, the alias, or the name of the secret that is gone."""
    things = [
        *seen.keys,
        *(_arn_of(seen, key) for key in seen.keys),
        seen.environment.kms_alias,
        seen.alias,
        *seen.before,
    ]
    about = [thing for thing in things if thing and thing.rpartition("key/")[2] in change.text]
    return who.name_late(change, seen.at, *about)


def _arn_of(seen: Seen, key_id: str) -> str:
    return seen.environment.arn("kms", f"key/{key_id}")
