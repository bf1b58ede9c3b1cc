"""A pass and the facts of versions: known ones from the database, new ones read once, on record, so many in a pass."""

from __future__ import annotations

from django.conf import settings

from ...domain.access.evidence import Known
from ...domain.errors import AuditUnavailable
from ...domain.secrets.facts import VersionFacts
from .. import configuration
from ..secrets.listed import wanted_of
from ..secrets.version_facts import Wanted, known_facts, look, note_sightings
from .seen import RUNNER, Seen

CHUNK = 500  # version ids in one query
LOOKS_AT_ONCE = 20


def look_at_facts(seen: Seen) -> None:
    """Facts of every current version; those that nobody has looked at are read once, on record, so many in a pass."""
    known = seen.known().values()
    wanted = [item for secret in known if (item := wanted_of(seen.environment, secret)).version_id]
    facts: dict[str, VersionFacts] = {}
    for start in range(0, len(wanted), CHUNK):
        facts |= known_facts(wanted[start : start + CHUNK])
    new = [item for item in wanted if item.arn not in facts]
    problems = _look_once(seen, new[: settings.STATUS_LOOKS_PER_PASS], facts)
    seen.unlooked = len(new[settings.STATUS_LOOKS_PER_PASS :])
    for item in wanted:
        seen.secrets[item.name].facts = facts.get(item.arn)
        seen.secrets[item.name].facts_problem = problems.get(item.arn, "")
    note_sightings(seen.environment, known)
    _facts_of_versions(seen)


def _look_once(seen: Seen, new: list[Wanted], facts: dict[str, VersionFacts]) -> dict[str, str]:
    problems = dict[str, str]()
    for start in range(0, len(new), LOOKS_AT_ONCE):
        seen.step()
        try:
            found = look(seen.environment, RUNNER, new[start : start + LOOKS_AT_ONCE])
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
            spec, arn = configuration.spec_of(seen.environment, item.name), item.secret.value.arn
            for version in item.versions:
                item.version_facts |= _known(Wanted(item.name, arn, version.version_id, spec))
            if item.facts:
                item.version_facts[item.facts.version_id] = item.facts


def _known(wanted: Wanted) -> dict[str, VersionFacts]:
    return {facts.version_id: facts for facts in known_facts([wanted]).values()}
