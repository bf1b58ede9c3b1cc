"""The rows of a comparison, from what AWS lists in each environment and from facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.last_made import LastMade
from ...domain.people.actor import Actor
from ...domain.secrets.catalog import SecretSpec
from ...domain.secrets.comparison import Held, Row, Show, compare_secret, is_told_by_facts, matching
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.secret import Secret
from .. import configuration
from .listed import wanted_of
from .listing import READS_PER_PAGE
from .version_facts import Facts, known_facts, read_and_derive

# Of so many secrets (decision 46).
_LAST_ROWS = LastMade[tuple[Row, ...]](200)


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


def held_of(
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


def groups_of(
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


def look(
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
