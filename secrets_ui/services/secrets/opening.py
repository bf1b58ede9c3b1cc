"""One secret with its keys, versions and labels. The value of a known version is not read."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ...domain.access.evidence import Known
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.catalog import SecretSpec
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.health import KeyState, State, key_states, secret_state
from ...domain.secrets.rotation import failed_steps, rotated_by_aws
from ...domain.secrets.secret import (
    AWSPENDING,
    Secret,
    SecretVersion,
    rotation_note,
    unlock_command,
    why_not_editable,
    with_labelled,
)
from ...domain.session_scope import OPEN
from .. import configuration
from ..audit.who_changed import Author, authors_of
from ..aws_access import begin, gateways
from .current_versions import keep_news, last_known_versions
from .key_changes import KeyChange, changes_of_keys
from .version_facts import (
    Facts,
    Wanted,
    in_other_environments,
    kept_facts,
    known_facts,
    read_and_derive,
)

NEWEST = 10  # versions that a secret's page shows, beside those with labels


@dataclass(frozen=True)
class VersionRow:
    version: SecretVersion
    author: Author | None


@dataclass(frozen=True)
class OpenSecret:
    """`facts` is None where they could not be had; `problem` then says why. `versions_problem`
    likewise for the list of versions. `changes` holds the keys of which it is known.
    """

    secret: Secret
    spec: SecretSpec
    facts: VersionFacts | None
    keys: tuple[KeyState, ...]
    state: State
    versions: tuple[VersionRow, ...]
    read_at: datetime
    problem: AwsError | None = None
    versions_problem: AwsError | None = None
    changes: Mapping[str, KeyChange] = field(default_factory=dict)

    @property
    def why_not_editable(self) -> str:
        if self.facts and self.facts.kind == "binary":
            return "It is binary. Change it with the AWS CLI."
        return why_not_editable(self.secret)

    @property
    def unlock_command(self) -> str:
        """The command that ends what `why_not_editable` tells of, "" where no command does."""
        return unlock_command(self.secret)

    @property
    def rotation_note(self) -> str:
        """What a rotation that is over has left behind; "" where it left nothing."""
        return rotation_note(self.secret)

    @property
    def rotated_by_aws(self) -> str:
        """That AWS rotates it by itself, how and when; "" where it does not."""
        return rotated_by_aws(self.secret)

    @property
    def rotation_failure(self) -> str:
        """Which steps of AWS's rotation have failed; "" where nothing shows that one has."""
        pending = self.secret.version_with(AWSPENDING)
        made = (row.version.created for row in self.versions if row.version.version_id == pending)
        return failed_steps(self.secret, self.read_at, next(made, None))

    @property
    def numbers(self) -> dict[str, int]:
        """The place of each key in the current version, by which forms name it."""
        keys = self.facts.keys if self.facts else ()
        return {key.name: number for number, key in enumerate(keys)}

    @property
    def author(self) -> Author | None:
        return next(
            (row.author for row in self.versions if row.version.version_id == self.secret.current),
            None,
        )

    @property
    def last_read(self) -> datetime | None:
        """The day, None where AWS tells of no read.

        AWS dates the secret and each version by itself, and does not say that these agree. The
        last of them is what is known.
        """
        read = [row.version.last_accessed for row in self.versions]
        days = [day for day in (self.secret.last_accessed, *read) if day]
        return max(days, default=None)

    @property
    def last_versions(self) -> tuple[VersionRow, ...]:
        """Those that the page shows: the newest, and all with labels."""
        shown = {row.version.version_id for row in self.versions[:NEWEST]} | {*self.secret.versions}
        return tuple(row for row in self.versions if row.version.version_id in shown)

    @property
    def current_version(self) -> SecretVersion | None:
        return next(
            (row.version for row in self.versions if row.version.version_id == self.secret.current),
            None,
        )


@dataclass(frozen=True)
class Asked:
    """What AWS was asked about a secret; it answers while a page asks the database. `versions` is
    None where they are not wanted."""

    environment: Environment
    actor: Actor
    name: str
    secret: Future[Known[Secret]]
    versions: Future[Known[tuple[SecretVersion, ...]]] | None


def begin_to_open(
    environment: Environment, name: str, actor: Actor, *, with_versions: bool = True
) -> Asked:
    """Raises InvalidSecretName."""
    name = environment.secret_name(name)
    gateway = gateways(environment, actor, OPEN.of(name)).secrets_manager
    versions = begin(lambda: gateway.list_secret_version_ids(name)) if with_versions else None
    return Asked(environment, actor, name, begin(lambda: gateway.describe_secret(name)), versions)


def open_secret(
    environment: Environment, name: str, actor: Actor, *, with_versions: bool = True
) -> OpenSecret:
    """Raises InvalidSecretName, SecretNotFound and other AwsErrors, AuditUnavailable."""
    return opened(begin_to_open(environment, name, actor, with_versions=with_versions))


def opened(asked: Asked) -> OpenSecret:
    """Raises SecretNotFound and other AwsErrors, AuditUnavailable."""
    environment, spec = asked.environment, configuration.spec_of(asked.environment, asked.name)
    # The database is asked while AWS answers: about the version that AWS last reported too.
    others = in_other_environments(environment, spec)
    known = last_known_versions(environment, [asked.name])
    kept = kept_facts(known.values())
    secret = asked.secret.result().value
    facts, problem = _facts(environment, asked.actor, secret, spec, kept)
    keep_news(environment, [secret], known)
    keys = key_states(spec, facts, others) if facts else ()
    rows, versions_problem = _versions(asked.versions, secret)
    state = secret_state(secret, facts, keys, datetime.now(UTC), problem.message if problem else "")
    read_at = datetime.now(UTC)
    return OpenSecret(
        *(secret, spec, facts, keys, state, rows, read_at, problem, versions_problem),
        _changes(secret, spec, facts, rows),
    )


def _facts(
    environment: Environment, actor: Actor, secret: Secret, spec: SecretSpec, kept: Facts
) -> tuple[VersionFacts | None, AwsError | None]:
    if secret.deleted or not secret.current:
        return None, None  # nobody can read it, the Lambda neither
    wanted = Wanted(secret.name, secret.arn, secret.current, spec)
    if known := known_facts([wanted], kept):
        return known[secret.arn], None
    found = read_and_derive(environment, actor, [wanted])[secret.arn]
    return (None, found) if isinstance(found, AwsError) else (found, None)


def _versions(
    asked: Future[Known[tuple[SecretVersion, ...]]] | None, secret: Secret
) -> tuple[tuple[VersionRow, ...], AwsError | None]:
    if asked is None:
        return (), None
    try:
        versions = with_labelled(secret, asked.result().value)
    except AwsError as error:
        return (), error
    authors = authors_of(version.version_id for version in versions)
    return tuple(VersionRow(version, authors.get(version.version_id)) for version in versions), None


def _changes(
    secret: Secret, spec: SecretSpec, facts: VersionFacts | None, rows: tuple[VersionRow, ...]
) -> dict[str, KeyChange]:
    if not facts or not rows:
        return {}
    authors = {row.version.version_id: row.author for row in rows if row.author}
    return changes_of_keys(secret, spec, facts, [row.version for row in rows], authors)
