"""The secrets of an environment, with the state of each: from ListSecrets and kept facts, without reading a known value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..aws.secrets_manager import SecretsManagerGateway
from ..domain.actor import Actor
from ..domain.environment import Environment
from ..domain.errors import AwsError
from ..domain.facts import VersionFacts
from ..domain.health import KeyState, State, key_states, secret_state
from ..domain.secret import Secret
from ..models import AuditRecord
from . import estate
from .aws_access import gather, secrets_manager
from .version_facts import Wanted, in_other_environments_of_each, known_facts, look, note_sightings
from .who_changed import WRITES, Author, authors_of

ROWS = 50  # a page
LOOKS = 20  # unknown versions that one page view derives at most; the others wait for the next
LIST_AGE = timedelta(minutes=5)  # how old ListSecrets may be, says AWS
MOST_PAGES = 50  # that a filter walks: 5,000 secrets


@dataclass(frozen=True)
class SecretRow:
    name: str
    short: str
    state: State
    secret: Secret | None = None  # None: in the catalogue, but not in AWS
    keys_set: int = 0
    keys_total: int = 0
    author: Author | None = None  # None: changed outside this console
    keys: tuple[KeyState, ...] = ()

    @property
    def counts_keys(self) -> bool:
        return bool(self.keys)


@dataclass(frozen=True)
class Listing:
    rows: tuple[SecretRow, ...]
    read_at: datetime
    next_token: str = ""
    filtered: str = ""
    looked_through: int = 0  # secrets that a filter has seen
    is_cut: bool = False  # the filter stopped before the end
    unlooked: int = 0


def list_secrets(environment: Environment, actor: Actor, *, token: str = "", text: str = "") -> Listing:
    """One page, or all that match `text` in their name or in a key's name. Raises AwsError, AuditUnavailable."""
    gateway = secrets_manager(environment, actor)
    if text:
        return _filtered(gateway, actor, text)
    page = gateway.list_secrets(token=token, size=ROWS)
    is_whole = not token and not page.next_token
    rows = _rows(gateway, actor, _freshened(gateway, page.secrets))
    missing = _missing(environment, page.secrets) if is_whole else ()
    ordered = tuple(sorted((*rows, *missing), key=lambda row: row.name))
    return Listing(ordered, datetime.now(UTC), page.next_token, unlooked=_unlooked(rows))


def _filtered(gateway: SecretsManagerGateway, actor: Actor, text: str) -> Listing:
    secrets, token, pages = [], "", 0
    while pages < MOST_PAGES:
        page = gateway.list_secrets(token=token)
        secrets += page.secrets
        token, pages = page.next_token, pages + 1
        if not token:
            break
    matching = _matching(gateway.environment, secrets, text.casefold())
    rows = _rows(gateway, actor, _freshened(gateway, matching[: ROWS * 4]))
    ordered = tuple(sorted(rows, key=lambda row: row.name))
    cut = bool(token) or len(matching) > ROWS * 4
    return Listing(ordered, datetime.now(UTC), filtered=text, looked_through=len(secrets), is_cut=cut, unlooked=_unlooked(rows))


def _matching(environment: Environment, secrets: Sequence[Secret], text: str) -> list[Secret]:
    """By the secret's name, or by a key that the catalogue expects or a known version holds."""
    wanted = _wanted(environment, secrets)
    facts = known_facts(wanted)

    def keys_of(item: Wanted) -> Iterable[str]:
        return (*item.spec.keys, *(key.name for key in facts[item.arn].keys)) if item.arn in facts else item.spec.keys

    by_key = {item.arn for item in wanted if any(text in key.casefold() for key in keys_of(item))}
    return [secret for secret in secrets if text in secret.name.casefold() or secret.arn in by_key]


def _freshened(gateway: SecretsManagerGateway, secrets: Sequence[Secret]) -> list[Secret]:
    """ListSecrets may be minutes old. A secret that this console changed within that time, and that does not show it, is asked for again."""
    since = (datetime.now(UTC) - LIST_AGE).strftime("%Y-%m-%dT%H:%M:%S")
    recent = AuditRecord.objects.filter(environment=gateway.environment.name, at__gte=since, phase="outcome", action__in=WRITES, outcome="done")
    newest = dict(recent.exclude(action="secret.propose").order_by("sequence").values_list("secret", "version_id"))
    stale = [secret.name for secret in secrets if secret.name in newest and newest[secret.name] != secret.current]
    answers = gather([lambda name=name: gateway.describe_secret(name) for name in stale])  # type: ignore[misc]
    fresh = {answer.name: answer for answer in answers if isinstance(answer, Secret)}
    return [fresh.get(secret.name, secret) for secret in secrets]


def _rows(gateway: SecretsManagerGateway, actor: Actor, secrets: Sequence[Secret]) -> list[SecretRow]:
    environment = gateway.environment
    wanted = _wanted(environment, secrets)
    facts: dict[str, VersionFacts | AwsError] = dict(known_facts(wanted))
    unknown = [item for item in wanted if item.version_id and item.arn not in facts]
    if unknown:
        facts |= look(gateway, actor, unknown[:LOOKS])
    note_sightings(environment, secrets)
    others = in_other_environments_of_each(environment, [item.spec for item in wanted])
    authors = authors_of(secret.current for secret in secrets)
    return [_row(environment, secret, facts.get(secret.arn), others, authors) for secret in secrets]


def _wanted(environment: Environment, secrets: Iterable[Secret]) -> list[Wanted]:
    return [Wanted(s.name, s.arn, "" if s.deleted else s.current, estate.spec_of(environment, s.name)) for s in secrets]


def _row(
    environment: Environment, secret: Secret, found: VersionFacts | AwsError | None,
    others: Mapping[str, Mapping[str, VersionFacts | None]], authors: Mapping[str, Author],
) -> SecretRow:  # fmt: skip
    spec = estate.spec_of(environment, secret.name)
    facts = found if isinstance(found, VersionFacts) else None
    unknown = f"{found.call.code or found.title}: {found.message}" if isinstance(found, AwsError) else ""
    keys = key_states(spec, facts, others.get(spec.name, {})) if facts else ()
    return SecretRow(
        name=secret.name,
        short=secret.name.removeprefix(environment.prefix),
        state=secret_state(secret, facts, keys, datetime.now(UTC), unknown),
        secret=secret,
        keys_set=sum(key.is_set for key in keys),
        keys_total=len(keys),
        author=authors.get(secret.current),
        keys=keys,
    )


def _missing(environment: Environment, secrets: Sequence[Secret]) -> tuple[SecretRow, ...]:
    """What the catalogue expects and AWS does not have. Only a whole listing can tell."""
    there = {secret.name for secret in secrets}
    absent = [spec for short, spec in estate.catalog().secrets.items() if environment.prefix + short not in there]
    state = State("bad", "Missing", "in the catalogue, but not in AWS")
    return tuple(SecretRow(environment.prefix + spec.name, spec.name, state, keys_total=len(spec.keys)) for spec in absent)


def _unlooked(rows: Iterable[SecretRow]) -> int:
    return sum(row.state.text == "Not looked at yet" for row in rows)

