"""What the database knows of listed secrets: facts, authors, and which version was current."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.access.evidence import Known
from ...domain.audit.actions import MANAGES, SWAPS
from ...domain.environment import Environment
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.health import KeyState, key_states
from ...domain.secrets.secret import Secret
from ...models import AuditRecord
from .. import configuration
from ..audit.who_changed import Author, authors_of
from ..aws_access import learn_all
from .current_versions import last_known_versions
from .version_facts import Wanted, in_other_environments_of_each, known_facts

LIST_AGE = timedelta(minutes=5)  # how old ListSecrets may be, says AWS


@dataclass(frozen=True)
class KnownSecret:
    """One secret with one current version. `facts` is None where nobody has looked at that version;
    `is_noted` is True when it was already known to be current."""

    wanted: Wanted
    facts: VersionFacts | None
    keys: tuple[KeyState, ...]
    author: Author | None
    is_noted: bool


class KnownSecrets:
    """Made while AWS answers; `look_up` asks for the secrets of the answer."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._others = in_other_environments_of_each(
            environment, list(configuration.catalog().secrets.values())
        )
        self.newest = newest_writes([environment])[environment.name]

    def is_compared_with(self, others: Iterable[Environment]) -> bool:
        """Whether the facts of the same secrets are known in all of these environments."""
        names = {other.name for other in others}
        return all(
            facts or name not in names
            for found in self._others.values()
            for name, facts in found.items()
        )

    def look_up(self, secrets: Sequence[Secret]) -> list[KnownSecret]:
        """In the order of `secrets`. Three queries."""
        wanted = [wanted_of(self.environment, secret) for secret in secrets]
        facts, authors = known_facts(wanted), authors_of(secret.current for secret in secrets)
        noted = last_known_versions(self.environment, [secret.name for secret in secrets])
        return [
            KnownSecret(
                item,
                facts.get(item.arn),
                self.keys(item, facts.get(item.arn)),
                authors.get(secret.current),
                is_noted=noted.get(secret.name) == secret.current,
            )
            for secret, item in zip(secrets, wanted, strict=True)
        ]

    def keys(self, wanted: Wanted, facts: VersionFacts | None) -> tuple[KeyState, ...]:
        return (
            key_states(wanted.spec, facts, self._others.get(wanted.spec.name, {})) if facts else ()
        )


def wanted_of(environment: Environment, secret: Secret) -> Wanted:
    """Nobody can read the value of a secret scheduled for deletion: no version is wanted."""
    current = "" if secret.deleted else secret.current
    return Wanted(secret.name, secret.arn, current, configuration.spec_of(environment, secret.name))


def newest_writes(environments: Iterable[Environment]) -> dict[str, dict[str, str]]:
    """By environment: secret names to the versions that this console made current within the age of
    a list; to "" where it did something else to the secret after that. One query."""
    found: dict[str, dict[str, str]] = {environment.name: {} for environment in environments}
    since = (datetime.now(UTC) - LIST_AGE).strftime("%Y-%m-%dT%H:%M:%S")
    recent = AuditRecord.objects.done().filter(
        environment__in=found, at__gte=since, action__in=(*SWAPS, *MANAGES)
    )
    rows = recent.order_by("sequence").values_list("environment", "secret", "version_id")
    for environment, secret, version in rows:
        found[environment][secret] = version
    return found


def freshened(
    gateway: SecretsManagerGateway, secrets: Sequence[Secret], newest: Mapping[str, str]
) -> list[Secret]:
    """ListSecrets may be minutes old: a secret that this console changed meanwhile (`newest`), and
    that does not show it, is asked for again.
    """
    stale = [s.name for s in secrets if newest.get(s.name, s.current) != s.current]
    answers = learn_all(partial(gateway.describe_secret, name) for name in stale)
    fresh = {answer.value.name: answer.value for answer in answers if isinstance(answer, Known)}
    return [fresh.get(secret.name, secret) for secret in secrets]
