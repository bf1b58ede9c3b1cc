"""Who could read each secret at the last look: kept in the database, and asked for anew."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings

from ...domain.access.answers import WhoCan
from ...domain.access.kept_readers import KeptReaders, follow
from ...domain.environment import Environment
from ...models import SecretReaders

EVERY = timedelta(days=1)


@dataclass(frozen=True)
class LastLook:
    """At one secret, with how far the looks at all of its environment are. `at` is None before the
    first look.
    """

    at: datetime | None
    is_wanted: bool
    kept: KeptReaders
    looked_at: int
    secrets: int


def last_look(environment: Environment, secret: str) -> LastLook:
    """No AWS call. Raises DatabaseError."""
    rows = SecretReaders.objects.filter(environment=environment.name)
    row = rows.filter(secret=secret).first() or SecretReaders()
    lately = rows.filter(looked_at__gte=datetime.now(UTC) - EVERY)
    kept = KeptReaders.from_json(json.loads(row.found))
    return LastLook(row.looked_at, bool(row.wanted_at), kept, lately.count(), rows.count())


def want_a_look(environment: Environment, secret: str) -> None:
    """The next pass looks at it first. Raises DatabaseError."""
    SecretReaders.objects.update_or_create(
        environment=environment.name, secret=secret, defaults={"wanted_at": datetime.now(UTC)}
    )


def due_secrets(
    environment: Environment, secrets: Iterable[str], now: datetime, *, is_whole: bool
) -> list[str]:
    """Of which a look is wanted, then those never looked at, then those of longest ago.

    `is_whole`: True when `secrets` are all of the environment's; rows of others are deleted.
    """
    names = set(secrets)
    rows = {row.secret: row for row in SecretReaders.objects.filter(environment=environment.name)}
    for name in rows.keys() - names if is_whole else ():
        rows[name].delete()
    new = [SecretReaders(environment=environment.name, secret=n) for n in names - rows.keys()]
    SecretReaders.objects.bulk_create(new, ignore_conflicts=True)
    every = [*new, *(rows[name] for name in rows.keys() & names)]
    long_ago = datetime.min.replace(tzinfo=UTC)
    due = [r for r in every if r.wanted_at or (r.looked_at or long_ago) <= now - EVERY]
    due.sort(key=lambda r: (not r.wanted_at, r.looked_at or long_ago, r.secret))
    return [row.secret for row in due]


def keep_look(environment: Environment, secret: str, found: WhoCan) -> None:
    """Raises DatabaseError."""
    rows = SecretReaders.objects.filter(environment=environment.name, secret=secret)
    before = KeptReaders.from_json(json.loads(rows.values_list("found", flat=True).get()))
    forget = found.read_at - timedelta(days=settings.STATUS_OUTSIDE_DAYS)
    kept = follow(before, found, forget.isoformat(timespec="seconds"))
    rows.filter(wanted_at__lte=found.read_at).update(wanted_at=None)
    rows.update(looked_at=found.read_at, found=json.dumps(kept.to_json()))


def keep_gap(environment: Environment, secrets: Iterable[str], why: str) -> None:
    """These could not be looked at; a look stays due. Raises DatabaseError."""
    names = set(secrets)
    for row in SecretReaders.objects.filter(environment=environment.name, looked_at__isnull=False):
        if row.secret in names:
            kept = replace(KeptReaders.from_json(json.loads(row.found)), gaps=(why,))
            row.found = json.dumps(kept.to_json())
            row.save(update_fields=["found"])


def kept_of(environment: Environment) -> dict[str, KeptReaders]:
    """Of every secret that was looked at. Raises DatabaseError."""
    rows = SecretReaders.objects.filter(environment=environment.name, looked_at__isnull=False)
    return {row.secret: KeptReaders.from_json(json.loads(row.found)) for row in rows}
