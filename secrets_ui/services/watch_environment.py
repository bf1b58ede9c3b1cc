"""One environment, looked at by a pass: what AWS tells of its secrets and of what is around them. Judges nothing.

The list of secrets comes by the page; a secret is described only where the list shows news, or where the catalogue asks for a full check.
No value of a known version is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from django.conf import settings

from ..aws.cloudtrail import CloudTrailGateway
from ..aws.cloudwatch import CloudWatchGateway
from ..aws.secrets_manager import SecretsManagerGateway
from ..domain.actor import Actor
from ..domain.alarm import Alarm
from ..domain.environment import Environment
from ..domain.errors import AuditUnavailable, AwsError
from ..domain.evidence import AccessEvidence, Evidence, Known, Missing, NotAsked, unlearnt
from ..domain.facts import VersionFacts
from ..domain.outside_changes import ChainKnowledge, OutsideChange, Sight, document_hash, find_changes
from ..domain.secret import Secret, SecretVersion
from ..domain.watched import TrailEvent
from ..models import StatusSnapshot
from . import estate
from .aws_access import gather, secrets_manager, sessions
from .known_secrets import wanted_of
from .share_evidence import SharedEvidence, call_of
from .version_facts import Wanted, known_facts, look, note_sightings
from .watch_changes import WhoDidIt, lately, what_the_chain_knows

RUNNER = Actor("run_checks")
CHUNK = 500  # version ids in one query
LOOKS_AT_ONCE = 20
AT_ONCE = 50  # calls between two steps
T = TypeVar("T")


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
    step: Callable[[], None] = lambda: None

    def remembered(self) -> dict[str, Any]:
        before = self.before.get("", {})
        return {
            "changes": [change.to_json() for change in self.changes],
            "keys": {**before.get("keys", {}), **self.keys},
            "alias": self.alias or before.get("alias", ""),
        }


def watch_environment(environment: Environment, step: Callable[[], None] = lambda: None) -> Seen:
    """`step` is called between the parts of the work, at least every fifty calls. Raises DatabaseError."""
    rows = StatusSnapshot.objects.filter(environment=environment.name).values_list("secret", "remembered")
    before = {name: json.loads(text) for name, text in rows}
    seen = Seen(environment, datetime.now(UTC), before, NotAsked("the list"), step=step)
    names = [environment.prefix + short for short in estate.catalog().secrets]
    seen.shared = SharedEvidence(environment, RUNNER, names[0]) if names else None
    _list(seen)
    for name in names:
        step()
        _walk(seen, name)
    _confirm(seen, names)
    _look_at_facts(seen)
    _read_policies(seen)
    _look_around(seen)
    _find_changes(seen)
    return seen


def _list(seen: Seen) -> None:
    gateway, token = _gateway(seen), ""
    try:
        while True:
            page = gateway.list_secrets(token=token)
            seen.secrets |= {
                s.name: SeenSecret(
                    s.name,
                    Known(s, gateway.about("ListSecrets", s.name)),
                    is_first_sight=s.name not in seen.before,
                )
                for s in page.secrets
            }
            token = page.next_token
            seen.step()
            if not token:
                break
    except AwsError as error:
        seen.listed = unlearnt(error)
        return
    seen.listed = Known(len(seen.secrets), call_of("secretsmanager:ListSecrets", seen.environment))


def _gateway(seen: Seen) -> SecretsManagerGateway:
    return secrets_manager(seen.environment, RUNNER)


def _walk(seen: Seen, name: str) -> None:
    """A full gathering for a secret of the catalogue. Where AWS tells nothing at all of it, the last result stays and grows old."""
    if seen.shared is None:
        return
    evidence = seen.shared.first if name == seen.shared.first.secret_name else seen.shared.of_another(name)
    if not isinstance(evidence.secret, Known | Missing) and not isinstance(seen.listed, Known):
        return
    known = seen.secrets.get(name)
    secret = (
        evidence.secret if isinstance(evidence.secret, Known | Missing) or known is None else known.secret
    )
    now = seen.at.isoformat(timespec="seconds")
    seen.secrets[name] = SeenSecret(
        name, secret, evidence, policy=evidence.resource_policy, policy_at=now, policy_of=_changed(secret),
        is_first_sight="sight" not in seen.before.get(name, {}),
    )  # fmt: skip


def _changed(secret: Evidence[Secret]) -> str:
    changed = secret.value.last_changed if isinstance(secret, Known) else None
    return changed.isoformat() if changed else ""


def _confirm(seen: Seen, walked: list[str]) -> None:
    """A list may be five minutes old: before news is told of a secret, the secret itself is asked."""
    gateway = _gateway(seen)
    news = [s.name for s in seen.secrets.values() if s.name not in walked and _is_news(seen, s)]
    answers = _in_steps(seen, [partial(gateway.describe_secret, name) for name in news])
    for name, answer in zip(news, answers, strict=True):
        if isinstance(answer, Secret):
            seen.secrets[name].secret = Known(answer, gateway.about("DescribeSecret", name))


def _in_steps(seen: Seen, calls: list[Callable[[], T]]) -> list[T | AwsError]:
    answers: list[T | AwsError] = []
    for start in range(0, len(calls), AT_ONCE):
        seen.step()
        answers += gather(calls[start : start + AT_ONCE])
    return answers


def _is_news(seen: Seen, item: SeenSecret) -> bool:
    before = seen.before.get(item.name, {}).get("sight")
    if not before or not isinstance(item.secret, Known):
        return False
    was, now = Sight.from_json(before), Sight.of(item.secret.value, before["policy"])
    return was != now


def _look_at_facts(seen: Seen) -> None:
    """Facts of every current version; those that nobody has looked at are read once, on record, so many in a pass."""
    wanted = [
        wanted_of(seen.environment, s.secret.value)
        for s in seen.secrets.values()
        if isinstance(s.secret, Known)
    ]
    wanted = [item for item in wanted if item.version_id]
    facts: dict[str, VersionFacts] = {}
    for start in range(0, len(wanted), CHUNK):
        facts |= known_facts(wanted[start : start + CHUNK])
    new = [item for item in wanted if item.arn not in facts]
    problems = _look_once(seen, new[: settings.STATUS_LOOKS_PER_PASS], facts)
    seen.unlooked = len(new[settings.STATUS_LOOKS_PER_PASS :])
    for item in wanted:
        seen.secrets[item.name].facts = facts.get(item.arn)
        seen.secrets[item.name].facts_problem = problems.get(item.arn, "")
    note_sightings(
        seen.environment, [s.secret.value for s in seen.secrets.values() if isinstance(s.secret, Known)]
    )
    _facts_of_versions(seen)


def _look_once(seen: Seen, new: list[Wanted], facts: dict[str, VersionFacts]) -> dict[str, str]:
    gateway, problems = _gateway(seen), dict[str, str]()
    for start in range(0, len(new), LOOKS_AT_ONCE):
        seen.step()
        try:
            found = look(gateway, RUNNER, new[start : start + LOOKS_AT_ONCE])
        except AuditUnavailable as error:
            problems |= {item.arn: error.message for item in new[start:]}
            break
        for arn, answer in found.items():
            if isinstance(answer, VersionFacts):
                facts[arn] = answer
            else:
                problems[arn] = answer.message
    return problems


def _facts_of_versions(seen: Seen) -> None:
    """Of every listed version of the catalogue's secrets, as far as somebody has looked: for the ages of keys. No call."""
    for item in seen.secrets.values():
        if item.versions and isinstance(item.secret, Known):
            spec, arn = estate.spec_of(seen.environment, item.name), item.secret.value.arn
            for version in item.versions:
                item.version_facts |= _known(Wanted(item.name, arn, version.version_id, spec))
            if item.facts:
                item.version_facts[item.facts.version_id] = item.facts


def _known(wanted: Wanted) -> dict[str, VersionFacts]:
    return {facts.version_id: facts for facts in known_facts([wanted]).values()}


def _read_policies(seen: Seen) -> None:
    """Resource policies of the others: those of secrets that were changed since, then the oldest, so many in a pass."""
    due = []
    for item in seen.secrets.values():
        if item.evidence is not None or not isinstance(item.secret, Known) or item.secret.value.deleted:
            continue
        kept = seen.before.get(item.name, {}).get("policy", {})
        if kept:
            item.policy = Known(kept["text"], _gateway(seen).about("GetResourcePolicy", item.name))
            item.policy_at, item.policy_of = kept["at"], kept["of"]
        due.append((bool(kept) and kept["of"] == _changed(item.secret), item.policy_at, item.name))
    names = [name for _, _, name in sorted(due)[: settings.STATUS_POLICIES_PER_PASS]]
    answers = _in_steps(seen, [partial(_gateway(seen).get_resource_policy, name) for name in names])
    for name, answer in zip(names, answers, strict=True):
        item = seen.secrets[name]
        if isinstance(answer, AwsError):
            item.policy = unlearnt(answer)
        else:
            item.policy = Known(answer, _gateway(seen).about("GetResourcePolicy", name))
            item.policy_at, item.policy_of = seen.at.isoformat(timespec="seconds"), _changed(item.secret)


def _look_around(seen: Seen) -> None:
    environment = seen.environment
    alarms = CloudWatchGateway(sessions().client(environment, "cloudwatch", RUNNER.name), environment)
    seen.alarms = _kept(partial(alarms.describe_alarms, environment.alarm_prefix))
    if seen.shared is None:
        return
    listed = [s.secret.value for s in seen.secrets.values() if isinstance(s.secret, Known)]
    unasked = seen.shared.ask_about_keys(s.kms_key_id for s in listed)
    problems = []
    for name, key in seen.shared.keys.items():
        if isinstance(key.key, Known) and isinstance(key.policy, Known):
            seen.keys[key.key.value.key_id] = document_hash(key.policy.value)
        elif not isinstance(key.policy, NotAsked):
            problems.append(f"the policy of key {name} could not be read")
    seen.unread_keys = tuple(problems + [f"key {name} was not asked about" for name in unasked])
    alias, key_found = seen.shared.first.alias, seen.shared.first.key
    seen.alias = alias.value.arn if isinstance(alias, Known) else ""
    seen.decrypts = seen.shared.first.denials if not isinstance(seen.shared.first.denials, Known) else None
    if (
        isinstance(key_found, Known) and seen.decrypts is None
    ):  # what CloudTrail refused once it is not asked again
        trail = CloudTrailGateway(sessions().client(environment, "cloudtrail", RUNNER.name), environment)
        seen.decrypts = _kept(partial(trail.lookup_decrypts, key_found.value.arn))


def _find_changes(seen: Seen) -> None:
    known = {s.name: s.secret.value for s in seen.secrets.values() if isinstance(s.secret, Known)}
    fresh = {name: s.current for name, s in known.items() if _has_moved(seen, s)}
    chain = what_the_chain_knows(seen.environment, fresh)
    trail = CloudTrailGateway(
        sessions().client(seen.environment, "cloudtrail", RUNNER.name), seen.environment
    )
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
        found += [OutsideChange("gone", f"The secret {name} is no longer there.", at) for name in gone]
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
    return f"arn:aws:kms:{seen.environment.region}:{seen.environment.account}:key/{key_id}"


def _kept(call: Any) -> Evidence[Any]:
    try:
        answer: Known[Any] = call()
        return answer
    except AwsError as error:
        return unlearnt(error)
