"""All environments side by side: the secrets of each from ListSecrets, their keys from facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from ...aws.secrets_manager import SecretPage, SecretsManagerGateway
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.comparison import Held, Row, Show, compare_secret, matching
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.secret import Secret
from ...domain.session_scope import LIST
from .. import configuration
from ..aws_access import gateways, gather
from .listed import freshened, newest_writes, wanted_of
from .listing import MOST_PAGES, READS_PER_PAGE
from .version_facts import known_facts, note_current_versions, read_and_derive

SECRETS = 25  # a page
IsVisible = Callable[[Environment, str], bool]


@dataclass(frozen=True)
class Column:
    """An environment. `problem` says why it could not be asked; `is_cut`: it holds more secrets
    than were looked through.
    """

    environment: Environment
    secrets: tuple[Secret, ...] = ()
    problem: AwsError | None = None
    is_cut: bool = False


@dataclass(frozen=True)
class Group:
    """One secret: its rows, its full name in each environment that has it, and the environments
    where it is scheduled for deletion."""

    short: str
    rows: tuple[Row, ...]
    names: Mapping[str, str]
    deleted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Comparison:
    """A page of it. `secrets` and `keys` count what matches on all pages, of `of_secrets`."""

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    secrets: int
    keys: int
    of_secrets: int
    pages: int
    read_at: datetime
    not_inspected: int = 0

    @property
    def asked(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if not column.problem)


def compare(
    environments: Sequence[Environment],
    actor: Actor,
    is_visible: IsVisible,
    *,
    text: str = "",
    show: Show = Show.ALL,
    page: int = 1,
) -> Comparison:
    """The secrets that the person may see, in the environments that they may see.

    One ListSecrets for each environment and hundred secrets, the environments side by side; a value
    is read where its facts are not known, so many at a time. An environment that cannot be asked
    has its reason. Raises AuditUnavailable.
    """
    columns = _columns(environments, actor, is_visible)
    held = _held(columns)
    on_page = slice((page - 1) * SECRETS, page * SECRETS)
    # What a filter asks of values that nobody has looked at is not known, on any page.
    looked_at = list(held) if text or show else list(held)[on_page]
    left = sum(_look(column, actor, held, looked_at) for column in columns)
    found = _groups(columns, held, text, show)
    return Comparison(
        columns,
        tuple(found[on_page]),
        len(found),
        sum(len(group.rows) for group in found),
        len(held),
        -(-len(found) // SECRETS),
        datetime.now(UTC),
        left,
    )


def _columns(
    environments: Sequence[Environment], actor: Actor, is_visible: IsVisible
) -> tuple[Column, ...]:
    asked = [gateways(environment, actor, LIST).secrets_manager for environment in environments]
    answers = gather([partial(_pages, gateway) for gateway in asked])
    return tuple(
        Column(gateway.environment, problem=answer)
        if isinstance(answer, AwsError)
        else _column(gateway, answer, is_visible)
        for gateway, answer in zip(asked, answers, strict=True)
    )


def _pages(gateway: SecretsManagerGateway) -> list[SecretPage]:
    return [page.value for page in islice(gateway.secret_pages(), MOST_PAGES)]


def _column(
    gateway: SecretsManagerGateway, pages: Sequence[SecretPage], is_visible: IsVisible
) -> Column:
    environment = gateway.environment
    listed = [s for page in pages for s in page.secrets if is_visible(environment, s.name)]
    secrets = freshened(gateway, listed, newest_writes(environment))
    note_current_versions(environment, secrets)
    return Column(environment, tuple(secrets), is_cut=bool(pages[-1].next_token))


def _held(columns: Sequence[Column]) -> dict[str, dict[str, Held]]:
    """By the secret's short name and the environment; those of the catalogue as well."""
    asked = [column for column in columns if not column.problem]
    secrets = [(column.environment, secret) for column in asked for secret in column.secrets]
    facts = known_facts(wanted_of(environment, secret) for environment, secret in secrets)
    shorts = {secret.name.removeprefix(place.prefix) for place, secret in secrets}
    held = {
        short: {column.environment.name: Held() for column in asked}
        for short in sorted(shorts | set(configuration.catalog().secrets))
    }
    for place, secret in secrets:
        short = secret.name.removeprefix(place.prefix)
        held[short][place.name] = Held(secret, facts.get(secret.arn))
    return held


def _groups(
    columns: Sequence[Column], held: Mapping[str, Mapping[str, Held]], text: str, show: Show
) -> list[Group]:
    """Those with a row that is asked for."""
    asked = next((column.environment for column in columns if not column.problem), None)
    if asked is None:
        return []
    now = datetime.now(UTC)
    groups = []
    for short, places in held.items():
        spec = configuration.spec_of(asked, asked.prefix + short)
        if rows := matching(compare_secret(spec, places, now), show, short, text):
            names = {name: item.secret.name for name, item in places.items() if item.secret}
            deleted = (name for name, item in places.items() if item.secret and item.secret.deleted)
            groups.append(Group(short, rows, names, frozenset(deleted)))
    return groups


def _look(
    column: Column, actor: Actor, held: dict[str, dict[str, Held]], shorts: Sequence[str]
) -> int:
    """Reads the versions of these secrets that nobody has looked at; returns how many are left."""
    place = column.environment
    unknown = {
        short: wanted_of(place, item.secret)
        for short in shorts
        if (item := held[short].get(place.name)) and item.secret and item.facts is None
    }
    unknown = {short: wanted for short, wanted in unknown.items() if wanted.version_id}
    now = dict(islice(unknown.items(), READS_PER_PAGE))
    found = read_and_derive(place, actor, list(now.values())) if now else {}
    for short, wanted in now.items():
        held[short][place.name] = _looked_at(held[short][place.name], found[wanted.arn])
    return len(unknown) - len(now)


def _looked_at(held: Held, found: VersionFacts | AwsError) -> Held:
    if isinstance(found, AwsError):
        return replace(held, unknown=f"{found.call.code or found.title}: {found.message}")
    return replace(held, facts=found)
