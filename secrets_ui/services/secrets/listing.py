"""An environment's secrets with the state of each, from ListSecrets and kept facts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.health import KeyState, State, StateCode, make_state, secret_state
from ...domain.secrets.secret import Secret
from ...domain.session_scope import LIST
from .. import configuration
from ..audit.who_changed import Author
from ..aws_access import begin, gateways
from .current_versions import keep_current_versions
from .last_reads import last_of
from .listed import KnownSecret, KnownSecrets, freshened, wanted_of
from .read_other_environments import read_other_environments
from .version_facts import Wanted, known_facts, read_and_derive

ROWS = 25  # a page
# Unknown versions that one page view reads at most; the others wait for the next.
READS_PER_PAGE = 20
MOST_PAGES, MOST_MATCHES = 50, 200  # a filter walks 5,000 secrets, and shows so many of them


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
    last_read: datetime | None = None

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
    not_inspected: int = 0


def list_secrets(
    environment: Environment, actor: Actor, comparable: Iterable[Environment] = (), token: str = ""
) -> Listing:
    """One page, the first for the token "", compared with `comparable`, the environments that the
    person may see. Raises AwsError, AuditUnavailable.
    """
    gateway = gateways(environment, actor, LIST).secrets_manager
    # The database is asked while AWS answers.
    asked = begin(lambda: gateway.list_secrets(token=token, size=ROWS))
    known = _compared(environment, actor, comparable)
    page = asked.result().value
    rows, not_inspected = _rows(gateway, actor, known, page.secrets)
    is_whole = not token and not page.next_token
    missing = _missing(environment, page.secrets) if is_whole else ()
    return Listing(
        _by_name(*rows, *missing), datetime.now(UTC), page.next_token, not_inspected=not_inspected
    )


def filter_secrets(
    environment: Environment,
    actor: Actor,
    comparable: Iterable[Environment],
    text: str,
    is_visible: Callable[[str], bool],
) -> Listing:
    """All whose names the person may see, and that match `text` in their name or in a key's name.
    Raises AwsError, AuditUnavailable.
    """
    gateway = gateways(environment, actor, LIST).secrets_manager
    known = _compared(environment, actor, comparable)
    pages = [page.value for page in islice(gateway.secret_pages(), MOST_PAGES)]
    secrets = [s for page in pages for s in page.secrets if is_visible(s.name)]
    matching = _matching(environment, secrets, text.casefold())
    rows, not_inspected = _rows(gateway, actor, known, matching[:MOST_MATCHES])
    return Listing(
        _by_name(*rows),
        datetime.now(UTC),
        filtered=text,
        looked_through=len(secrets),
        is_cut=bool(pages[-1].next_token) or len(matching) > MOST_MATCHES,
        not_inspected=not_inspected,
    )


def _compared(
    environment: Environment, actor: Actor, comparable: Iterable[Environment]
) -> KnownSecrets:
    known, others = KnownSecrets(environment), list(comparable)
    if known.is_compared_with(others):
        return known
    read_other_environments(environment, actor, others)
    return KnownSecrets(environment)


def _by_name(*rows: SecretRow) -> tuple[SecretRow, ...]:
    return tuple(sorted(rows, key=lambda row: row.name))


def _matching(environment: Environment, secrets: Sequence[Secret], text: str) -> list[Secret]:
    """By the secret's name, or by a key that the catalogue expects or a known version holds."""
    wanted = [wanted_of(environment, secret) for secret in secrets]
    facts = known_facts(wanted)

    def keys_of(item: Wanted) -> Iterable[str]:
        return (
            (*item.spec.keys, *(key.name for key in facts[item.arn].keys))
            if item.arn in facts
            else item.spec.keys
        )

    by_key = {item.arn for item in wanted if any(text in key.casefold() for key in keys_of(item))}
    return [secret for secret in secrets if text in secret.name.casefold() or secret.arn in by_key]


def _rows(
    gateway: SecretsManagerGateway, actor: Actor, known: KnownSecrets, listed: Sequence[Secret]
) -> tuple[list[SecretRow], int]:
    """The rows, and how many versions nobody has looked at yet."""
    secrets = freshened(gateway, listed, known.newest)
    items = list(zip(secrets, known.look_up(secrets), strict=True))
    unknown = [item.wanted for _, item in items if item.wanted.version_id and item.facts is None]
    found = read_and_derive(gateway.environment, actor, unknown[:READS_PER_PAGE]) if unknown else {}
    news = [secret for secret, item in items if secret.current and not item.is_noted]
    keep_current_versions(gateway.environment, news)
    now = datetime.now(UTC)
    rows = [_row(known, s, item, found.get(s.arn, item.facts), now) for s, item in items]
    return rows, len(unknown[READS_PER_PAGE:])


def _row(
    known: KnownSecrets,
    secret: Secret,
    item: KnownSecret,
    found: VersionFacts | AwsError | None,
    now: datetime,
) -> SecretRow:
    facts = found if isinstance(found, VersionFacts) else None
    unknown = (
        f"{found.call.code or found.title}: {found.message}" if isinstance(found, AwsError) else ""
    )
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
        last_read=last_of(secret.last_accessed, item.recorded_read),
    )


def _missing(environment: Environment, secrets: Sequence[Secret]) -> tuple[SecretRow, ...]:
    """What the catalogue expects and AWS does not have. Needs a whole listing."""
    there = {secret.name for secret in secrets}
    absent = [
        spec
        for short, spec in configuration.catalog().secrets.items()
        if environment.prefix + short not in there
    ]
    state = make_state(StateCode.MISSING, "bad", "in the catalogue, but not in AWS")
    return tuple(
        SecretRow(environment.prefix + spec.name, spec.name, state, keys_total=len(spec.keys))
        for spec in absent
    )
