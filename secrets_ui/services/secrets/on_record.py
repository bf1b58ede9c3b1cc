"""What this console knows of a secret that AWS does not tell of now. Asks the database alone."""

from dataclasses import dataclass
from datetime import datetime

from ...domain.environment import Environment
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.health import KeyState, key_states
from ...domain.secrets.secret import AWSCURRENT, Secret
from ...models import CurrentVersion
from .. import configuration
from .due import DueKey, due_of
from .history import HistoryEntry, versions_on_record
from .version_facts import facts_of_versions, in_other_environments


@dataclass(frozen=True)
class SecretOnRecord:
    """`secret` has what is known of it: its name, and the version that was seen to be current last,
    for the first time at `seen_at`. `facts` are those of that version, None where nobody has looked
    at it. The dates in `due` were read at `due_at`.
    """

    secret: Secret
    seen_at: datetime | None
    facts: VersionFacts | None
    keys: tuple[KeyState, ...]
    versions: tuple[HistoryEntry, ...]
    due: tuple[DueKey, ...]
    due_at: datetime | None


def secret_on_record(environment: Environment, name: str) -> SecretOnRecord:
    """Raises InvalidSecretName, DatabaseError."""
    name = environment.secret_name(name)
    spec = configuration.spec_of(environment, name)
    seen = CurrentVersion.objects.filter(environment=environment.name, name=name).first()
    current = seen.version_id if seen else ""
    labels = {current: (AWSCURRENT,)} if current else {}
    secret = Secret(seen.arn if seen else "", name, versions=labels)
    facts = facts_of_versions(secret.arn, spec, [current]).get(current) if seen else None
    due, due_at = due_of(environment, name)
    return SecretOnRecord(
        secret=secret,
        seen_at=seen.read_at if seen and current else None,
        facts=facts,
        keys=key_states(spec, facts, in_other_environments(environment, spec)) if facts else (),
        versions=versions_on_record(environment, secret, seen.read_at if seen else None),
        due=tuple(due),
        due_at=due_at,
    )
