"""All environments side by side: the secrets of each from ListSecrets, their keys from facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from ...aws.secrets_manager import MOST_NAMES, PAGE_SIZE, SecretPage, SecretsManagerGateway
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
from .version_facts import known_facts, known_secrets, note_current_versions, read_and_derive

SECRETS = MOST_NAMES  # a page: AWS is asked about all of them at once
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
    """One secret: its rows, and its full name in each environment that has it."""

    short: str
    rows: tuple[Row, ...]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Comparison:
    """A page of it. `secrets` and, with a filter, `keys` count what matches on all pages, of
    `of_secrets`. `is_chosen_by_kept`: which secrets there are is as AWS last reported it.
    """

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    secrets: int
    keys: int
    of_secrets: int
    pages: int
    read_at: datetime
    not_inspected: int = 0
    is_chosen_by_kept: bool = False

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

    One ListSecrets for each environment, the environments side by side. Where one holds more than a
    list has, what is kept chooses the page, and AWS is asked about the secrets of the page. A value
    is read where its facts are not known, so many at a time. An environment that cannot be asked
    has its reason. Raises AuditUnavailable.
    """
    on_page = slice((page - 1) * SECRETS, page * SECRETS)
    kept = _kept(environments, is_visible)
    is_chosen_by_kept = any(len(column.secrets) > PAGE_SIZE for column in kept)
    columns = kept if is_chosen_by_kept else _columns(environments, actor, is_visible)
    chosen = shorts = _shorts(columns)
    keys = left = 0
    if text or show:
        # What a filter asks of values that nobody has looked at is not known, on any page.
        held, left = _looked(columns, actor, shorts)
        found = _groups(columns, held, text, show)
        chosen = [group.short for group in found]
        keys = sum(len(group.rows) for group in found)
    if is_chosen_by_kept and chosen[on_page]:
        columns = _columns(environments, actor, is_visible, chosen[on_page])
    if is_chosen_by_kept or not (text or show):
        held, left = _looked(columns, actor, chosen[on_page])
        found = _groups(columns, held, text, show)
    return Comparison(
        columns,
        tuple(group for group in found if group.short in chosen[on_page]),
        len(chosen),
        keys,
        len(shorts),
        -(-len(chosen) // SECRETS),
        datetime.now(UTC),
        left,
        is_chosen_by_kept,
    )


def _kept(environments: Sequence[Environment], is_visible: IsVisible) -> tuple[Column, ...]:
    """The columns as AWS last reported them."""
    known = known_secrets(environments)
    return tuple(
        Column(place, tuple(s for s in known[place.name] if is_visible(place, s.name)))
        for place in environments
    )


def _shorts(columns: Sequence[Column]) -> list[str]:
    """The short names of all secrets, those of the catalogue as well, in order."""
    found = {
        secret.name.removeprefix(column.environment.prefix)
        for column in columns
        for secret in column.secrets
    }
    return sorted(found | set(configuration.catalog().secrets))


def _looked(
    columns: Sequence[Column], actor: Actor, shorts: Sequence[str]
) -> tuple[dict[str, dict[str, Held]], int]:
    """These secrets, each version looked at where so many allow, and how many are left."""
    held = _held(columns, shorts)
    return held, sum(_look(column, actor, held, shorts) for column in columns)


def _columns(
    environments: Sequence[Environment],
    actor: Actor,
    is_visible: IsVisible,
    shorts: Sequence[str] = (),
) -> tuple[Column, ...]:
    """As AWS lists them now; of `shorts` alone, where they are given."""
    asked = [gateways(environment, actor, LIST).secrets_manager for environment in environments]
    answers = gather([partial(_pages, gateway, shorts) for gateway in asked])
    return tuple(
        Column(gateway.environment, problem=answer)
        if isinstance(answer, AwsError)
        else _column(gateway, answer, is_visible)
        for gateway, answer in zip(asked, answers, strict=True)
    )


def _pages(gateway: SecretsManagerGateway, shorts: Sequence[str]) -> list[SecretPage]:
    names = [gateway.environment.prefix + short for short in shorts]
    return [page.value for page in islice(gateway.secret_pages(names), MOST_PAGES)]


def _column(
    gateway: SecretsManagerGateway, pages: Sequence[SecretPage], is_visible: IsVisible
) -> Column:
    environment = gateway.environment
    listed = [s for page in pages for s in page.secrets if is_visible(environment, s.name)]
    secrets = freshened(gateway, listed, newest_writes(environment))
    note_current_versions(environment, secrets)
    return Column(environment, tuple(secrets), is_cut=bool(pages[-1].next_token))


def _held(columns: Sequence[Column], shorts: Sequence[str]) -> dict[str, dict[str, Held]]:
    """By the secret's short name and the environment."""
    asked = [column for column in columns if not column.problem]
    held = {short: {column.environment.name: Held() for column in asked} for short in shorts}
    secrets = [
        (column.environment, secret)
        for column in asked
        for secret in column.secrets
        if secret.name.removeprefix(column.environment.prefix) in held
    ]
    facts = known_facts(wanted_of(environment, secret) for environment, secret in secrets)
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
        names = {name: item.secret.name for name, item in places.items() if item.secret}
        if not names and not spec.keys:
            # It was there when AWS was asked before.
            continue
        if rows := matching(compare_secret(spec, places, now), show, short, text):
            groups.append(Group(short, rows, names))
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
