"""The secrets of an environment, with the state of each: from ListSecrets and kept facts, without reading a known value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..aws.secrets_manager import SecretsManagerGateway
from ..domain.actor import Actor
from ..domain.environment import Environment
from ..domain.errors import AwsError
from ..domain.facts import VersionFacts
from ..domain.health import KeyState, State, secret_state
from ..domain.secret import Secret
from . import estate
from .aws_access import begin, gather, secrets_manager
from .known_secrets import Known, KnownSecrets, wanted_of
from .look_elsewhere import look_elsewhere
from .version_facts import Wanted, keep_sightings, known_facts, look
from .who_changed import Author

ROWS = 25  # a page
LOOKS = 20  # unknown versions that one page view derives at most; the others wait for the next
MOST_PAGES, MOST_MATCHES = 50, 200  # a filter walks 5,000 secrets, and shows so many of them
# The first page of each environment as AWS last told it. It only says what to ask the database for while AWS answers again.
_expected: dict[str, tuple[Secret, ...]] = {}


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


def list_secrets(
    environment: Environment, actor: Actor, comparable: Iterable[Environment] = (), *, token: str = "", text: str = ""
) -> Listing:
    """One page, or all that match `text` in their name or in a key's name, compared with `comparable`, the environments that the
    person may see. Raises AwsError, AuditUnavailable."""
    gateway = secrets_manager(environment, actor)
    if text:
        look_elsewhere(environment, actor, comparable)
        return _filtered(gateway, actor, text)
    asked = begin(lambda: gateway.list_secrets(token=token, size=ROWS))
    look_elsewhere(environment, actor, comparable)
    known = KnownSecrets(environment)
    known.look_up(() if token else _expected.get(environment.name, ()))
    page = asked.result()
    if not token:
        _expected[environment.name] = page.secrets
    is_whole = not token and not page.next_token
    rows = _rows(gateway, actor, known, page.secrets)
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
    rows = _rows(gateway, actor, KnownSecrets(gateway.environment), matching[:MOST_MATCHES])
    ordered = tuple(sorted(rows, key=lambda row: row.name))
    cut = bool(token) or len(matching) > MOST_MATCHES
    return Listing(ordered, datetime.now(UTC), filtered=text, looked_through=len(secrets), is_cut=cut, unlooked=_unlooked(rows))


def _matching(environment: Environment, secrets: Sequence[Secret], text: str) -> list[Secret]:
    """By the secret's name, or by a key that the catalogue expects or a known version holds."""
    wanted = [wanted_of(environment, secret) for secret in secrets]
    facts = known_facts(wanted)

    def keys_of(item: Wanted) -> Iterable[str]:
        return (*item.spec.keys, *(key.name for key in facts[item.arn].keys)) if item.arn in facts else item.spec.keys

    by_key = {item.arn for item in wanted if any(text in key.casefold() for key in keys_of(item))}
    return [secret for secret in secrets if text in secret.name.casefold() or secret.arn in by_key]


def _rows(gateway: SecretsManagerGateway, actor: Actor, known: KnownSecrets, listed: Sequence[Secret]) -> list[SecretRow]:
    secrets = _freshened(gateway, known, listed)
    known.look_up(secrets)
    told = [(secret, known[secret]) for secret in secrets]
    unknown = [item.wanted for _, item in told if item.wanted.version_id and item.facts is None]
    found = look(gateway, actor, unknown[:LOOKS]) if unknown else {}
    keep_sightings(gateway.environment, [secret for secret, item in told if secret.current and not item.is_noted])
    now = datetime.now(UTC)
    return [_row(known, secret, item, found.get(secret.arn, item.facts), now) for secret, item in told]


def _freshened(gateway: SecretsManagerGateway, known: KnownSecrets, secrets: Sequence[Secret]) -> list[Secret]:
    """ListSecrets may be minutes old: a secret that this console changed meanwhile, and that does not show it, is asked for again."""
    stale = [secret.name for secret in secrets if known.is_stale(secret)]
    answers = gather([lambda name=name: gateway.describe_secret(name) for name in stale])  # type: ignore[misc]
    fresh = {answer.name: answer for answer in answers if isinstance(answer, Secret)}
    return [fresh.get(secret.name, secret) for secret in secrets]


def _row(known: KnownSecrets, secret: Secret, item: Known, found: VersionFacts | AwsError | None, now: datetime) -> SecretRow:
    facts = found if isinstance(found, VersionFacts) else None
    unknown = f"{found.call.code or found.title}: {found.message}" if isinstance(found, AwsError) else ""
    keys = item.keys if facts is item.facts else known.keys(item.wanted, facts)
    return SecretRow(
        name=secret.name,
        short=secret.name.removeprefix(known.environment.prefix),
        state=secret_state(secret, facts, keys, now, unknown),
        secret=secret,
        keys_set=sum(key.is_set for key in keys),
        keys_total=len(keys),
        author=item.author,
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

