"""All environments side by side: the secrets of each from ListSecrets, their keys from facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from ...aws.secrets_manager import MOST_NAMES, PAGE_SIZE, SecretPage, SecretsManagerGateway
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.last_made import LastMade
from ...domain.people.actor import Actor
from ...domain.secrets.catalog import SecretSpec
from ...domain.secrets.comparison import (
    Held,
    Row,
    Show,
    compare_secret,
    is_told_by_facts,
    matching,
)
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.secret import Secret
from ...domain.session_scope import LIST
from .. import configuration
from ..aws_access import begin, gateways
from .current_versions import all_known_versions, keep_news, known_secrets
from .listed import freshened, newest_writes, wanted_of
from .listing import MOST_PAGES, READS_PER_PAGE
from .version_facts import Facts, kept_facts, known_facts, read_and_derive

SECRETS = MOST_NAMES  # a page: AWS is asked about all of them at once
# Of so many secrets (decision 46).
_LAST_ROWS = LastMade[tuple[Row, ...]](200)
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


@dataclass(frozen=True)
class _Question:
    """What `compare` is asked for.

    `known` are the versions that AWS last reported. Their `facts` are asked for while AWS answers.
    """

    environments: Sequence[Environment]
    actor: Actor
    is_visible: IsVisible
    known: Mapping[str, Mapping[str, str]]
    text: str
    show: Show
    page: int
    facts: dict[tuple[str, str, str], VersionFacts] = field(default_factory=dict)

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.show)

    @property
    def on_page(self) -> slice:
        return slice((self.page - 1) * SECRETS, self.page * SECRETS)

    def columns(self, shorts: Sequence[str] = ()) -> tuple[Column, ...]:
        """As AWS lists them now; of `shorts` alone, where they are given."""
        asked = [gateways(place, self.actor, LIST).secrets_manager for place in self.environments]
        answers = [begin(partial(_pages, gateway, shorts)) for gateway in asked]
        # The database is asked while AWS answers.
        newest = newest_writes(self.environments)
        self.facts.update(kept_facts(self._versions(shorts)))
        return tuple(map(self._column, asked, answers, newest.values()))

    def _versions(self, shorts: Sequence[str]) -> list[str]:
        """Those that AWS last reported, of `shorts` alone, where they are given."""
        return [
            known[name]
            for place in self.environments
            for known in [self.known[place.name]]
            for name in ([place.prefix + short for short in shorts] if shorts else known)
            if name in known
        ]

    def _column(
        self,
        gateway: SecretsManagerGateway,
        answer: Future[list[SecretPage]],
        newest: Mapping[str, str],
    ) -> Column:
        place = gateway.environment
        try:
            pages = answer.result()
        except AwsError as error:
            return Column(place, problem=error)
        listed = [s for page in pages for s in page.secrets if self.is_visible(place, s.name)]
        secrets = freshened(gateway, listed, newest)
        keep_news(place, secrets, self.known[place.name])
        return Column(place, tuple(secrets), is_cut=bool(pages[-1].next_token))

    def look(self, columns: Sequence[Column], shorts: Sequence[str]) -> tuple[list[Group], int]:
        """The groups of these secrets, each version looked at where so many allow, and how many are
        left."""
        held = _held(columns, shorts, self.facts)
        left = sum(_look(column, self.actor, held, shorts) for column in columns)
        return _groups(columns, held, self.text, self.show), left


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
    known = all_known_versions(environments)
    asked = _Question(environments, actor, is_visible, known, text, show, page)
    names = {
        place: [name for name in known[place.name] if is_visible(place, name)]
        for place in environments
    }
    if any(len(visible) > PAGE_SIZE for visible in names.values()):
        return _compare_kept(asked, names)
    return _compare_all(asked)


def _compare_all(asked: _Question) -> Comparison:
    columns = asked.columns()
    listed = {column.environment: [secret.name for secret in column.secrets] for column in columns}
    shorts = _shorts(listed)
    # What a filter asks of values that nobody has looked at is not known, on any page.
    found, left = asked.look(columns, shorts if asked.is_filtered else shorts[asked.on_page])
    chosen = [group.short for group in found] if asked.is_filtered else shorts
    groups = found[asked.on_page] if asked.is_filtered else found
    keys = sum(len(group.rows) for group in found)
    return _page(columns, groups, chosen, keys, shorts, left)


def _compare_kept(asked: _Question, names: Mapping[Environment, Sequence[str]]) -> Comparison:
    chosen = shorts = _shorts(names)
    keys = left = 0
    if asked.is_filtered:
        found, left = asked.look(_kept(names), shorts)
        chosen = [group.short for group in found]
        keys = sum(len(group.rows) for group in found)
    wanted = chosen[asked.on_page]
    columns = asked.columns(wanted) if wanted else tuple(map(Column, asked.environments))
    groups, unknown = asked.look(columns, wanted)
    page = _page(columns, groups, chosen, keys, shorts, max(left, unknown))
    return replace(page, is_chosen_by_kept=True)


def _page(
    columns: tuple[Column, ...],
    groups: Sequence[Group],
    chosen: Sequence[str],
    keys: int,
    shorts: Sequence[str],
    left: int,
) -> Comparison:
    pages = -(-len(chosen) // SECRETS)
    now = datetime.now(UTC)
    return Comparison(
        columns, tuple(groups), len(chosen), keys, len(shorts), pages, now, not_inspected=left
    )


def _kept(names: Mapping[Environment, Sequence[str]]) -> tuple[Column, ...]:
    """The columns as AWS last reported them."""
    secrets = {place: known_secrets(place) for place in names}
    return tuple(
        Column(place, tuple(secrets[place][name] for name in visible))
        for place, visible in names.items()
    )


def _shorts(names: Mapping[Environment, Iterable[str]]) -> list[str]:
    """The short names of all secrets, those of the catalogue as well, in order."""
    found = {name.removeprefix(place.prefix) for place, known in names.items() for name in known}
    return sorted(found | configuration.catalog().secrets.keys())


def _pages(gateway: SecretsManagerGateway, shorts: Sequence[str]) -> list[SecretPage]:
    names = [gateway.environment.prefix + short for short in shorts]
    return [page.value for page in islice(gateway.secret_pages(names), MOST_PAGES)]


def _held(
    columns: Sequence[Column], shorts: Sequence[str], kept: Facts
) -> dict[str, dict[str, Held]]:
    """By the secret's short name and the environment."""
    asked = [column for column in columns if not column.problem]
    held = {short: {column.environment.name: Held() for column in asked} for short in shorts}
    secrets = [
        (column.environment, secret)
        for column in asked
        for secret in column.secrets
        if secret.name.removeprefix(column.environment.prefix) in held
    ]
    facts = known_facts((wanted_of(place, secret) for place, secret in secrets), kept)
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
        if rows := matching(_rows(spec, places, now), show, short, text):
            deleted = (name for name, item in places.items() if item.secret and item.secret.deleted)
            groups.append(Group(short, rows, names, frozenset(deleted)))
    return groups


def _rows(spec: SecretSpec, places: Mapping[str, Held], now: datetime) -> tuple[Row, ...]:
    """As they were last made, where they are made of the same facts and nothing else."""
    make = partial(compare_secret, spec, places, now)
    if not all(is_told_by_facts(item) for item in places.values()):
        return make()
    facts = tuple(item.facts if item.secret else None for item in places.values())
    return _LAST_ROWS.of((spec.name, *places), (spec, facts), make)


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
