"""All environments side by side: the secrets of each from ListSecrets, their keys from facts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from ...aws.secrets_manager import MOST_NAMES, PAGE_SIZE, SecretPage, SecretsManagerGateway
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.comparison import Show
from ...domain.secrets.facts import VersionFacts
from ...domain.session_scope import LIST
from .. import configuration
from ..aws_access import begin, gateways
from .compared import Column, Group, groups_of, held_of, look
from .current_versions import all_known_versions, keep_news, known_secrets
from .listed import freshened, newest_writes
from .listing import MOST_PAGES
from .version_facts import kept_facts

SECRETS = MOST_NAMES  # a page: AWS is asked about all of them at once
IsVisible = Callable[[Environment, str], bool]


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

    @property
    def not_counted(self) -> tuple[str, ...]:
        """The environments that could not be asked: no number and no row speaks of them."""
        return tuple(column.environment.name for column in self.columns if column.problem)


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
        held = held_of(columns, shorts, self.facts)
        left = sum(look(column, self.actor, held, shorts) for column in columns)
        return groups_of(columns, held, self.text, self.show), left


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
