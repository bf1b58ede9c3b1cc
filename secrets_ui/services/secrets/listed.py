"""What the database knows about the secrets of a list: facts, authors, sightings. Asked for while AWS still answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...domain.audit.actions import SWAPS, Outcome, Phase
from ...domain.environment import Environment
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.health import KeyState, key_states
from ...domain.secrets.secret import Secret
from ...models import AuditRecord
from .. import configuration
from ..audit.who_changed import Author, authors_of
from .version_facts import Wanted, in_other_environments_of_each, known_facts, sighted

LIST_AGE = timedelta(minutes=5)  # how old ListSecrets may be, says AWS


@dataclass(frozen=True)
class Known:
    """Of one secret with one current version. `facts` is None where nobody has looked; `is_noted`: this version was sighted before."""

    wanted: Wanted
    facts: VersionFacts | None
    keys: tuple[KeyState, ...]
    author: Author | None
    is_noted: bool


class KnownSecrets:
    """Before the answer, `look_up` is asked for the secrets that are expected in it; after it, for those that it holds, which costs
    queries for what was not expected alone. Nothing is kept longer than the request."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._others = in_other_environments_of_each(
            environment, list(configuration.catalog().secrets.values())
        )
        self._newest = _newest_writes(environment)
        self._known: dict[tuple[str, str, bool], Known] = {}

    def __getitem__(self, secret: Secret) -> Known:
        return self._known[_key(secret)]

    def is_compared_with(self, others: Iterable[Environment]) -> bool:
        """Whether the facts of the same secrets are known in all of these environments."""
        names = {other.name for other in others}
        return all(
            facts or name not in names
            for found in self._others.values()
            for name, facts in found.items()
        )

    def is_stale(self, secret: Secret) -> bool:
        """Whether this console has changed the secret within the age of a list, and the list does not show it."""
        return self._newest.get(secret.name, secret.current) != secret.current

    def is_settled(self, secret: Secret) -> bool:
        """Whether a row can be made without a call to AWS and without news for the database."""
        known = self[secret]
        has_facts = known.facts is not None or not known.wanted.version_id
        return has_facts and (known.is_noted or not secret.current) and not self.is_stale(secret)

    def look_up(self, secrets: Iterable[Secret]) -> None:
        new = [secret for secret in secrets if _key(secret) not in self._known]
        if not new:
            return
        wanted = [wanted_of(self.environment, secret) for secret in new]
        facts, authors = known_facts(wanted), authors_of(secret.current for secret in new)
        noted = sighted(self.environment, [secret.name for secret in new])
        for secret, item in zip(new, wanted, strict=True):
            found, is_noted = facts.get(item.arn), noted.get(secret.name) == secret.current
            known = Known(
                item, found, self.keys(item, found), authors.get(secret.current), is_noted
            )
            self._known[_key(secret)] = known

    def keys(self, wanted: Wanted, facts: VersionFacts | None) -> tuple[KeyState, ...]:
        return (
            key_states(wanted.spec, facts, self._others.get(wanted.spec.name, {})) if facts else ()
        )


def _key(secret: Secret) -> tuple[str, str, bool]:
    return secret.arn, secret.current, bool(secret.deleted)


def wanted_of(environment: Environment, secret: Secret) -> Wanted:
    """Nobody can read the value of a secret that is scheduled for deletion, so no version of it is wanted."""
    current = "" if secret.deleted else secret.current
    return Wanted(secret.name, secret.arn, current, configuration.spec_of(environment, secret.name))


def _newest_writes(environment: Environment) -> Mapping[str, str]:
    """Secret names to the versions that this console made current within the age of a list."""
    since = (datetime.now(UTC) - LIST_AGE).strftime("%Y-%m-%dT%H:%M:%S")
    recent = AuditRecord.objects.filter(
        environment=environment.name,
        at__gte=since,
        phase=Phase.OUTCOME,
        action__in=SWAPS,
        outcome=Outcome.DONE,
    )
    return dict(recent.order_by("sequence").values_list("secret", "version_id"))
