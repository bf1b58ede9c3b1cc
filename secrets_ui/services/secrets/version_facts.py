"""Facts of versions: looked up where they are known; derived once, on record, where they are
not."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import lru_cache, partial

from django.conf import settings
from django.db import DatabaseError

from ...aws.secrets_manager import StoredValue
from ...domain.access.evidence import Known
from ...domain.audit.actions import Action, ReadPurpose
from ...domain.environment import Environment
from ...domain.errors import AuditUnavailable, AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.catalog import SecretSpec
from ...domain.secrets.facts import VersionFacts, derive_facts
from ...domain.secrets.secret import Secret
from ...domain.session_scope import READ
from ...models import CurrentVersion, VersionRecord
from .. import audit, configuration
from ..aws_access import gateways, gather


@dataclass(frozen=True)
class Wanted:
    """A version whose facts are asked for."""

    name: str
    arn: str
    version_id: str
    spec: SecretSpec


Facts = Mapping[tuple[str, str, str], VersionFacts]
"""By ARN, version id, and what they were derived under (`_kept_under`)."""


def kept_facts(version_ids: Iterable[str]) -> Facts:
    """Whatever is known of these versions. One query."""
    rows = VersionRecord.objects.filter(version_id__in=set(version_ids))
    return {
        (arn, version, digest): _facts_from(facts)
        for arn, version, digest, facts in rows.values_list("arn", "version_id", "digest", "facts")
    }


def known_facts(wanted: Iterable[Wanted], kept: Facts | None = None) -> dict[str, VersionFacts]:
    """By ARN; versions whose facts were not derived under today's rules are left out.

    One query, of those that are not `kept`; none where all are.
    """
    by_key = {
        (item.arn, item.version_id, _kept_under(item.spec.digest)): item.arn
        for item in wanted
        if item.version_id
    }
    found = dict(kept or {})
    if missing := {
        version for arn, version, digest in by_key if (arn, version, digest) not in found
    }:
        found |= kept_facts(missing)
    return {arn: found[key] for key, arn in by_key.items() if key in found}


def facts_of_versions(
    arn: str, spec: SecretSpec, version_ids: Iterable[str]
) -> dict[str, VersionFacts]:
    """The known facts of several versions of one secret, by version id. One query, no AWS call."""
    rows = VersionRecord.objects.filter(
        arn=arn, version_id__in=set(version_ids), digest=_kept_under(spec.digest)
    )
    return {
        version: _facts_from(facts) for version, facts in rows.values_list("version_id", "facts")
    }


# Pages ask for the same versions again and again, and what was derived never changes.
@lru_cache(maxsize=512)
def _facts_from(kept: str) -> VersionFacts:
    return VersionFacts.from_json(json.loads(kept))


def _kept_under(digest: str) -> str:
    """Names the rules and the key that facts were derived with: fingerprints under different keys
    cannot be compared."""
    return hmac.digest(settings.FINGERPRINT_KEY, digest.encode(), hashlib.sha256).hex()[:16]


def read_and_derive(
    environment: Environment, actor: Actor, wanted: Sequence[Wanted]
) -> dict[str, VersionFacts | AwsError]:
    """Reads each version's value once, on record, and keeps its facts; by ARN.

    Raises AuditUnavailable before any read.
    """
    with ExitStack() as stack:
        reads = [stack.enter_context(_read(environment, actor, item)) for item in wanted]
        # The AWS sessions that draw pages cannot read a value; this one can, and it is opened only
        # for versions without facts.
        scope = READ.of(wanted[0].name if len(wanted) == 1 else "")
        gateway = gateways(environment, actor, scope).secrets_manager
        answers = gather(
            [partial(gateway.get_secret_value, item.name, item.version_id) for item in wanted]
        )
        return {
            item.arn: _derive(read, item, answer)
            for read, item, answer in zip(reads, wanted, answers, strict=True)
        }


def _read(
    environment: Environment, actor: Actor, item: Wanted
) -> AbstractContextManager[audit.Act]:
    return audit.act(
        Action.READ_VALUE,
        actor,
        environment=environment.name,
        secret=item.name,
        version_id=item.version_id,
        details={"why": ReadPurpose.FACTS},
    )


def facts_of(
    environment: Environment,
    actor: Actor,
    secret: Secret,
    version: str,
    spec: SecretSpec,
    kept: Facts | None = None,
) -> VersionFacts | None:
    """Facts of a version, `kept`, looked up or derived; None for a secret without one.

    Raises AwsError, AuditUnavailable.
    """
    if not version:
        return None
    wanted = Wanted(secret.name, secret.arn, version, spec)
    if known := known_facts([wanted], kept):
        return known[secret.arn]
    found = read_and_derive(environment, actor, [wanted])[secret.arn]
    if isinstance(found, AwsError):
        raise found
    return found


def _derive(
    read: audit.Act, item: Wanted, answer: Known[StoredValue] | AwsError
) -> VersionFacts | AwsError:
    """The facts of the value that was read, kept; or the error.

    Ends the read. Raises AuditUnavailable.
    """
    if isinstance(answer, AwsError):
        read.failed(answer)
        return answer
    facts = derive_facts(item.version_id, answer.value.value, item.spec, settings.FINGERPRINT_KEY)
    keep_facts(item.arn, facts)
    read.done(request_id=answer.call.request_id)
    return facts


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


def key_names(environment: Environment, name: str, version_id: str) -> tuple[str, ...]:
    """The keys of a version that was shown, in the document's order; () when they are not known.

    No AWS call: whatever showed the version has kept its facts.
    """
    arns = CurrentVersion.objects.filter(environment=environment.name, name=name).values("arn")
    kept = VersionRecord.objects.filter(arn__in=arns, version_id=version_id).first()
    return tuple(key["name"] for key in json.loads(kept.facts)["keys"]) if kept else ()


def in_other_environments(
    environment: Environment, spec: SecretSpec
) -> Mapping[str, VersionFacts | None]:
    """Facts of the same secret in the other environments, by environment, from what this console
    last saw there.

    None where it has not seen the secret's value, facts without keys where it saw that there is no
    such secret. No AWS call.
    """
    return in_other_environments_of_each(environment, [spec])[spec.name]


def in_other_environments_of_each(
    environment: Environment, specs: Sequence[SecretSpec]
) -> dict[str, dict[str, VersionFacts | None]]:
    """The same for several secrets, by their short names, in two queries."""
    others = [
        other for other in configuration.environments().values() if other.name != environment.name
    ]
    compared = {
        (other.name, other.prefix + spec.name): spec
        for other in others
        for spec in specs
        if any(key.between_environments != "any" for key in spec.keys.values())
    }
    wanted = _last_known_versions(compared)
    facts = known_facts(wanted.values()) if wanted else {}
    found: dict[str, dict[str, VersionFacts | None]] = {spec.name: {} for spec in specs}
    for (other_name, full_name), spec in compared.items():
        item = wanted.get((other_name, full_name))
        found[spec.name][other_name] = _facts_at(item, facts)
    return found


def _last_known_versions(
    compared: Mapping[tuple[str, str], SecretSpec],
) -> dict[tuple[str, str], Wanted]:
    """The versions last seen to be current, by environment and full name of the secret.

    One query.
    """
    current_versions = CurrentVersion.objects.filter(name__in={name for _, name in compared})
    rows = current_versions.values_list("environment", "name", "arn", "version_id")
    return {
        (environment, name): Wanted(name, arn, version, compared[environment, name])
        for environment, name, arn, version in rows
        if (environment, name) in compared
    }


def _facts_at(item: Wanted | None, facts: Mapping[str, VersionFacts]) -> VersionFacts | None:
    if item is None:
        return None
    return facts.get(item.arn) if item.version_id else VersionFacts("", "object")
