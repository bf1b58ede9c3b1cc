"""Facts of versions: looked up where they are known; derived once, on record, where they are not."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from django.conf import settings
from django.db import DatabaseError

from ...aws.secrets_manager import StoredValue
from ...domain.access.evidence import Known
from ...domain.environment import Environment
from ...domain.errors import AuditUnavailable, AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.catalog import SecretSpec
from ...domain.secrets.facts import VersionFacts, derive_facts
from ...domain.secrets.secret import Secret
from ...domain.session_scope import READ
from ...models import SecretSighting, VersionRecord
from .. import audit, configuration
from ..aws_access import gateways, gather


@dataclass(frozen=True)
class Wanted:
    """A version whose facts are asked for."""

    name: str
    arn: str
    version_id: str
    spec: SecretSpec


def known_facts(wanted: Iterable[Wanted]) -> dict[str, VersionFacts]:
    """By ARN; versions that nobody has looked at under today's rules are left out. One query."""
    by_place = {(item.arn, item.version_id): item for item in wanted if item.version_id}
    rows = VersionRecord.objects.filter(
        version_id__in={version for _, version in by_place}
    ).values_list("arn", "version_id", "digest", "facts")
    return {
        arn: VersionFacts.from_json(json.loads(facts))
        for arn, version, digest, facts in rows
        if (item := by_place.get((arn, version))) and _kept_under(item.spec.digest) == digest
    }


def _kept_under(digest: str) -> str:
    """The rules and the key that facts were derived with: under another FINGERPRINT_KEY fingerprints compare with nothing."""
    return hmac.digest(settings.FINGERPRINT_KEY, digest.encode(), hashlib.sha256).hex()[:16]


def look(
    environment: Environment, actor: Actor, wanted: Sequence[Wanted]
) -> dict[str, VersionFacts | AwsError]:
    """Reads each version's value once, on record, and keeps its facts; by ARN. Raises AuditUnavailable before any read."""
    intents = [
        audit.record_intent(
            "value.read",
            actor,
            environment=environment.name,
            secret=item.name,
            version_id=item.version_id,
            details={"why": "to derive its facts"},
        )
        for item in wanted
    ]
    # The sessions that draw pages cannot read a value; this one can, and only where there is something to look at.
    scope = READ.of(wanted[0].name if len(wanted) == 1 else "")
    gateway = gateways(environment, actor, scope).secrets_manager
    answers = gather(
        [partial(gateway.get_secret_value, item.name, item.version_id) for item in wanted]
    )
    found: dict[str, VersionFacts | AwsError] = {}
    for item, intent, answer in zip(wanted, intents, answers, strict=True):
        found[item.arn] = _derive(item, answer)
        _end(intent, item, answer, actor, environment.name)
    return found


def _derive(item: Wanted, answer: Known[StoredValue] | AwsError) -> VersionFacts | AwsError:
    if isinstance(answer, AwsError):
        return answer
    facts = derive_facts(item.version_id, answer.value.value, item.spec, settings.FINGERPRINT_KEY)
    keep_facts(item.arn, facts)
    return facts


def _end(
    intent: audit.Recorded,
    item: Wanted,
    answer: Known[StoredValue] | AwsError,
    actor: Actor,
    environment: str,
) -> None:
    failed = isinstance(answer, AwsError)
    audit.record_outcome(
        intent, "value.read", actor, "failed" if failed else "done", environment=environment, secret=item.name,
        version_id=item.version_id, request_ids=[answer.call.request_id], details={"code": answer.call.code} if isinstance(answer, AwsError) else {},
    )  # fmt: skip


def keep_facts(arn: str, facts: VersionFacts) -> None:
    """Raises AuditUnavailable when the database cannot take them."""
    try:
        VersionRecord.objects.update_or_create(
            arn=arn,
            version_id=facts.version_id,
            defaults={"digest": _kept_under(facts.digest), "facts": json.dumps(facts.to_json())},
        )
    except DatabaseError:
        raise AuditUnavailable("The facts of a version could not be kept.") from None


def sighted(environment: Environment, names: Iterable[str]) -> dict[str, str]:
    """The version that was last seen to be current, by secret name."""
    found = SecretSighting.objects.filter(environment=environment.name, name__in=names)
    return dict(found.values_list("name", "version_id"))


def note_sightings(environment: Environment, secrets: Iterable[Secret]) -> None:
    """Remembers which version is current, for comparisons from other environments; writes only what is news."""
    seen = {secret.name: secret for secret in secrets if secret.current}
    known = sighted(environment, seen)
    keep_sightings(
        environment, [secret for name, secret in seen.items() if known.get(name) != secret.current]
    )


def keep_sightings(environment: Environment, news: Sequence[Secret]) -> None:
    """Without a current version: somebody has looked, and there is nothing to compare with."""
    if not news:
        return
    SecretSighting.objects.bulk_create(
        [
            SecretSighting(
                environment=environment.name,
                name=s.name,
                arn=s.arn,
                version_id=s.current,
                seen_at=datetime.now(UTC),
            )
            for s in news
        ],
        update_conflicts=True,
        unique_fields=["environment", "name"],
        update_fields=["arn", "version_id", "seen_at"],
    )


def in_other_environments(
    environment: Environment, spec: SecretSpec
) -> Mapping[str, VersionFacts | None]:
    """Facts of the same secret elsewhere, as last seen by this console; None where nobody has looked, and no keys where somebody
    has and there was no such secret. No AWS call."""
    return in_other_environments_of_each(environment, [spec])[spec.name]


def in_other_environments_of_each(
    environment: Environment, specs: Sequence[SecretSpec]
) -> dict[str, dict[str, VersionFacts | None]]:
    """The same for several secrets, by their short names, in two queries."""
    compared = [
        spec
        for spec in specs
        if any(key.between_environments != "any" for key in spec.keys.values())
    ]
    others = [
        other for other in configuration.environments().values() if other.name != environment.name
    ]
    places = {(other.name, other.prefix + spec.name): spec for other in others for spec in compared}
    sightings = SecretSighting.objects.filter(name__in={name for _, name in places})
    wanted = {
        (env, name): Wanted(name, arn, version, places[env, name])
        for env, name, arn, version in sightings.values_list(
            "environment", "name", "arn", "version_id"
        )
        if (env, name) in places
    }
    facts = known_facts(wanted.values()) if wanted else {}
    told: dict[str, dict[str, VersionFacts | None]] = {spec.name: {} for spec in specs}
    for (name, full_name), spec in places.items():
        item = wanted.get((name, full_name))
        is_absent = item is not None and not item.version_id
        told[spec.name][name] = (
            VersionFacts("", "object") if is_absent else facts.get(item.arn) if item else None
        )
    return told
