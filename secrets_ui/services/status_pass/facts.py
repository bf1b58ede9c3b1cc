"""Third stage: facts of the current versions.

New versions are read once, on record, so many in a pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from ...domain.access.evidence import Known
from ...domain.environment import Environment
from ...domain.errors import AuditUnavailable
from ...domain.secrets.facts import VersionFacts
from .. import configuration
from ..secrets.current_versions import note_current_versions
from ..secrets.listed import wanted_of
from ..secrets.version_facts import Wanted, facts_of_versions, known_facts, read_and_derive
from .describe import Described
from .stage import RUNNER, Step, extend

CHUNK = 500  # version ids in one query
READS_AT_ONCE = 20


@dataclass(frozen=True, kw_only=True)
class WithFacts(Described):
    """`facts` of current versions and `facts_problems`, why there are none, both by secret name.

    `version_facts` are those of every listed version, by secret name and version id. `unread` is
    the number of new versions that are left to the next pass.
    """

    facts: Mapping[str, VersionFacts]
    facts_problems: Mapping[str, str]
    version_facts: Mapping[str, Mapping[str, VersionFacts]]
    unread: int


def find_facts(described: Described, step: Step) -> WithFacts:
    """Raises DatabaseError."""
    environment, known = described.environment, described.known().values()
    wanted = [item for secret in known if (item := wanted_of(environment, secret)).version_id]
    found: dict[str, VersionFacts] = {}
    for start in range(0, len(wanted), CHUNK):
        found |= known_facts(wanted[start : start + CHUNK])
    new = [item for item in wanted if item.arn not in found]
    limit = settings.STATUS_LOOKS_PER_PASS
    read, problems = _read_once(environment, new[:limit], step)
    found |= read
    note_current_versions(environment, known)
    facts = {item.name: found[item.arn] for item in wanted if item.arn in found}
    return extend(
        WithFacts,
        described,
        facts=facts,
        facts_problems={i.name: problems[i.arn] for i in wanted if i.arn in problems},
        version_facts=_facts_of_versions(described, facts),
        unread=len(new[limit:]),
    )


def _read_once(
    environment: Environment, new: list[Wanted], step: Step
) -> tuple[dict[str, VersionFacts], dict[str, str]]:
    """Facts, and why there are none, by ARN."""
    facts, problems = dict[str, VersionFacts](), dict[str, str]()
    for start in range(0, len(new), READS_AT_ONCE):
        step()
        try:
            found = read_and_derive(environment, RUNNER, new[start : start + READS_AT_ONCE])
        except AuditUnavailable as error:
            problems |= {item.arn: error.message for item in new[start:]}
            break
        for arn, answer in found.items():
            if isinstance(answer, VersionFacts):
                facts[arn] = answer
            else:
                problems[arn] = answer.message
    return facts, problems


def _facts_of_versions(
    described: Described, current: Mapping[str, VersionFacts]
) -> dict[str, dict[str, VersionFacts]]:
    """For the ages of keys: of every listed version, as far as its value was read. No AWS call."""
    found = dict[str, dict[str, VersionFacts]]()
    for name, secret in described.secrets.items():
        versions = described.versions(name)
        if not versions or not isinstance(secret, Known):
            continue
        spec = configuration.spec_of(described.environment, name)
        own = facts_of_versions(secret.value.arn, spec, [v.version_id for v in versions])
        if name in current:
            own[current[name].version_id] = current[name]
        found[name] = own
    return found
