"""The secrets of an environment, with the state of each: from ListSecrets and kept facts, without reading a known value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import wait
from dataclasses import dataclass
from datetime import UTC, datetime

from ...aws.secrets_manager import SecretPage, SecretsManagerGateway
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.health import KeyState, State, StateCode, make_state, secret_state
from ...domain.secrets.secret import Secret
from ...domain.session_scope import LIST
from .. import configuration
from ..audit.who_changed import Author
from ..aws_access import begin, gather, secrets_manager
from .listed import Known, KnownSecrets, wanted_of
from .look_elsewhere import look_elsewhere
from .version_facts import Wanted, keep_sightings, known_facts, look

ROWS = 25  # a page
LOOKS = 20  # unknown versions that one page view derives at most; the others wait for the next
MOST_PAGES, MOST_MATCHES = 50, 200  # a filter walks 5,000 secrets, and shows so many of them
# Seconds in which a call is signed and sent; this thread's work would keep the interpreter's lock from it, and so delay the answer.
HEAD_START = 0.002
# The first page of each environment as AWS last told it. It is never shown before AWS has told the same once more.
_last_answers: dict[str, SecretPage] = {}


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


class AskedPage:
    """One page of the list, asked of AWS. While AWS answers, `draft` makes the page that its last answer gave, with what the database
    knows now; `listing` waits for the answer, and is that draft only if AWS has told the very same again. Raises AuditUnavailable."""

    def __init__(
        self,
        environment: Environment,
        actor: Actor,
        comparable: Iterable[Environment] = (),
        token: str = "",
    ) -> None:
        self._gateway, self._actor, self._token = (
            secrets_manager(environment, actor, LIST),
            actor,
            token,
        )
        self._answer = begin(lambda: self._gateway.list_secrets(token=token, size=ROWS))
        wait([self._answer], timeout=HEAD_START)
        self._known = _compared(environment, actor, comparable)
        self._last = None if token else _last_answers.get(environment.name)
        self._draft: Listing | None = None

    def draft(self) -> Listing | None:
        """None where there was no answer before, or where something in it asks for more than the database knows."""
        if self._last is None:
            return None
        self._known.look_up(self._last.secrets)
        if all(self._known.is_settled(secret) for secret in self._last.secrets):
            self._draft = self._listing(self._last)
        return self._draft

    def listing(self) -> Listing:
        """Raises AwsError, AuditUnavailable."""
        page = self._answer.result()
        if self._draft and self._last and self._last.tells_the_same_as(page):
            return self._draft
        if not self._token:
            _last_answers[self._gateway.environment.name] = page
        return self._listing(page)

    def _listing(self, page: SecretPage) -> Listing:
        rows = _rows(self._gateway, self._actor, self._known, page.secrets)
        is_whole = not self._token and not page.next_token
        missing = _missing(self._gateway.environment, page.secrets) if is_whole else ()
        ordered = tuple(sorted((*rows, *missing), key=lambda row: row.name))
        return Listing(ordered, datetime.now(UTC), page.next_token, unlooked=_unlooked(rows))


def list_secrets(
    environment: Environment, actor: Actor, comparable: Iterable[Environment] = ()
) -> Listing:
    """The first page, compared with `comparable`, the environments that the person may see. Raises AwsError, AuditUnavailable."""
    return AskedPage(environment, actor, comparable).listing()


def filter_secrets(
    environment: Environment,
    actor: Actor,
    comparable: Iterable[Environment],
    text: str,
    is_visible: Callable[[str], bool] = lambda name: True,
) -> Listing:
    """All whose names the person may see, and that match `text` in their name or in a key's name. Raises AwsError, AuditUnavailable."""
    return _filtered(
        secrets_manager(environment, actor, LIST),
        actor,
        _compared(environment, actor, comparable),
        text,
        is_visible,
    )


def _compared(
    environment: Environment, actor: Actor, comparable: Iterable[Environment]
) -> KnownSecrets:
    known, others = KnownSecrets(environment), list(comparable)
    if known.is_compared_with(others):
        return known
    look_elsewhere(environment, actor, others)
    return KnownSecrets(environment)


def _filtered(
    gateway: SecretsManagerGateway,
    actor: Actor,
    known: KnownSecrets,
    text: str,
    is_visible: Callable[[str], bool],
) -> Listing:
    secrets: list[Secret] = []
    token, pages = "", 0
    while pages < MOST_PAGES:
        page = gateway.list_secrets(token=token)
        secrets += [secret for secret in page.secrets if is_visible(secret.name)]
        token, pages = page.next_token, pages + 1
        if not token:
            break
    matching = _matching(gateway.environment, secrets, text.casefold())
    rows = _rows(gateway, actor, known, matching[:MOST_MATCHES])
    ordered = tuple(sorted(rows, key=lambda row: row.name))
    cut = bool(token) or len(matching) > MOST_MATCHES
    return Listing(
        ordered,
        datetime.now(UTC),
        filtered=text,
        looked_through=len(secrets),
        is_cut=cut,
        unlooked=_unlooked(rows),
    )


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
) -> list[SecretRow]:
    secrets = _freshened(gateway, known, listed)
    known.look_up(secrets)
    told = [(secret, known[secret]) for secret in secrets]
    unknown = [item.wanted for _, item in told if item.wanted.version_id and item.facts is None]
    found = look(gateway.environment, actor, unknown[:LOOKS]) if unknown else {}
    keep_sightings(
        gateway.environment,
        [secret for secret, item in told if secret.current and not item.is_noted],
    )
    now = datetime.now(UTC)
    return [
        _row(known, secret, item, found.get(secret.arn, item.facts), now) for secret, item in told
    ]


def _freshened(
    gateway: SecretsManagerGateway, known: KnownSecrets, secrets: Sequence[Secret]
) -> list[Secret]:
    """ListSecrets may be minutes old: a secret that this console changed meanwhile, and that does not show it, is asked for again."""
    stale = [secret.name for secret in secrets if known.is_stale(secret)]
    answers = gather([lambda name=name: gateway.describe_secret(name) for name in stale])  # type: ignore[misc]
    fresh = {answer.name: answer for answer in answers if isinstance(answer, Secret)}
    return [fresh.get(secret.name, secret) for secret in secrets]


def _row(
    known: KnownSecrets,
    secret: Secret,
    item: Known,
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
    )


def _missing(environment: Environment, secrets: Sequence[Secret]) -> tuple[SecretRow, ...]:
    """What the catalogue expects and AWS does not have. Only a whole listing can tell."""
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


def _unlooked(rows: Iterable[SecretRow]) -> int:
    return sum(row.state.code is StateCode.NOT_INSPECTED for row in rows)
