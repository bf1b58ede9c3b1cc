"""When keys are due, as the passes keep it. Asks the database alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Min

from ...domain.environment import Environment
from ...domain.secrets.due import SOON, Why
from ...models import KeyDue, StatusSnapshot
from .. import configuration


@dataclass(frozen=True)
class DueKey:
    """A key and one reason for which it is due; `key` is "" where the whole secret is.

    `at` is None where nobody knows when, and the latest moment where it is not exact.
    """

    environment: Environment
    secret: str
    key: str
    why: Why
    at: datetime | None
    text: str
    is_exact: bool
    owner: str
    runbook: str

    @property
    def where(self) -> str:
        """Names its secret among those of all environments."""
        return f"{self.environment.name} {self.secret}"

    @property
    def short(self) -> str:
        return self.secret.removeprefix(self.environment.prefix)


@dataclass(frozen=True)
class DueList:
    """`looked_at` says by environment how old the oldest of what is told is, None where no pass has
    looked yet; `stale` are the environments where that is too long ago."""

    now: datetime
    keys: tuple[DueKey, ...]
    looked_at: dict[str, datetime | None]
    stale: tuple[str, ...]

    def within(self, days: int) -> list[DueKey]:
        """Over, or due until the end of that day."""
        last = self.now.date() + timedelta(days=days)
        return [key for key in self.keys if key.at and key.at.date() <= last]

    @property
    def over(self) -> list[DueKey]:
        return [key for key in self.keys if key.at and key.at <= self.now]

    @property
    def soon(self) -> list[DueKey]:
        return [key for key in self.within(SOON) if key.at and key.at > self.now]

    @property
    def later(self) -> list[DueKey]:
        first = self.now.date() + timedelta(days=SOON)
        return [key for key in self.keys if key.at and key.at.date() > first]

    @property
    def unknown(self) -> list[DueKey]:
        return [key for key in self.keys if key.at is None]


def read_due(
    environments: Sequence[Environment],
    is_visible: Callable[[Environment, str], bool] = lambda _environment, _secret: True,
) -> DueList:
    """By date, those without one last. Three queries. Raises DatabaseError."""
    now, places = datetime.now(UTC), {environment.name: environment for environment in environments}
    rows = KeyDue.objects.filter(environment__in=places)
    keys = [
        _key(row, places[row.environment])
        for row in rows
        if is_visible(places[row.environment], row.secret)
    ]
    looked_at = _looked_at(list(places))
    oldest = now - timedelta(seconds=settings.STATUS_STALE_SECONDS)
    stale = tuple(name for name, at in looked_at.items() if at is None or at < oldest)
    return DueList(now, tuple(sorted(keys, key=_order)), looked_at, stale)


def due_of(environment: Environment, secret: str) -> tuple[list[DueKey], datetime | None]:
    """The same of one secret, and when its dates were read last; one query. Raises
    DatabaseError."""
    rows = list(KeyDue.objects.filter(environment=environment.name, secret=secret))
    keys = sorted((_key(row, environment) for row in rows), key=_order)
    return keys, max((row.read_at for row in rows), default=None)


def _order(key: DueKey) -> tuple[object, ...]:
    place = configuration.place_of(key.environment.name)
    at = key.at.timestamp() if key.at else 0
    return key.at is None, at, place, key.secret, key.key, key.why


def _key(row: KeyDue, environment: Environment) -> DueKey:
    rules = configuration.spec_of(environment, row.secret).rules_of(row.key)
    return DueKey(
        environment=environment,
        secret=row.secret,
        key=row.key,
        why=Why(row.why),
        at=row.at,
        text=row.text,
        is_exact=row.is_exact,
        owner=rules.owner,
        runbook=rules.runbook,
    )


def _looked_at(names: list[str]) -> dict[str, datetime | None]:
    """The oldest of what is kept of each environment, dates and snapshots."""
    found: dict[str, datetime | None] = dict.fromkeys(names)
    dates = KeyDue.objects.filter(environment__in=names).values("environment")
    snapshots = StatusSnapshot.objects.filter(environment__in=names).values("environment")
    rows = [
        *snapshots.values_list("environment", Min("at")),
        *dates.values_list("environment", Min("read_at")),
    ]
    for name, at in rows:
        known = found[name]
        found[name] = at if known is None else min(at, known)
    return found
