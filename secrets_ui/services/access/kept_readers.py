"""Who could read each secret at the last look: kept in the database, and asked for anew."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings

from ...domain.access.answers import WhoCan
from ...domain.access.kept_answer import answer_from_json, answer_to_json
from ...domain.access.kept_readers import KeptReaders, follow
from ...domain.environment import Environment
from ...models import SecretReaders, StatusRunner
from .probable_authors import ToldChange, tell_changes

EVERY = timedelta(days=1)
LIVE = 500
"""Roles and users of an account that a page judges by itself, which takes a processor a second or
two. Of larger ones pages show what the status runner found."""


@dataclass(frozen=True)
class LastLook:
    """At one secret, with how far the looks at all of its environment are. `at` is None before the
    first look. `changes` are the latest first. `answer` is that of the last look, where the account
    is too large for pages. `judged` of `principals` roles and users are done of a look under way;
    0: none is.
    """

    at: datetime | None
    is_wanted: bool
    kept: KeptReaders
    looked_at: int
    secrets: int
    changes: list[ToldChange]
    answer: WhoCan | None
    judged: int
    principals: int


def last_look(environment: Environment, secret: str) -> LastLook:
    """No AWS call. Raises DatabaseError."""
    rows = SecretReaders.objects.filter(environment=environment.name)
    row = rows.filter(secret=secret).first() or SecretReaders()
    now = datetime.now(UTC)
    # A runner that was killed leaves its numbers, and its lease ends.
    is_running = StatusRunner.objects.filter(lease_until__gt=now).exists()
    kept = KeptReaders.from_json(json.loads(row.found))
    return LastLook(
        at=row.looked_at,
        is_wanted=bool(row.wanted_at),
        kept=kept,
        looked_at=rows.filter(looked_at__gte=now - EVERY).count(),
        secrets=rows.count(),
        changes=tell_changes(environment, secret, kept.changes),
        answer=answer_from_json(json.loads(row.answer), environment) if row.answer else None,
        judged=row.judged if is_running else 0,
        principals=row.principals,
    )


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


def note_progress(environment: Environment, secret: str, judged: int, principals: int) -> None:
    """How far a look is. Raises DatabaseError."""
    rows = SecretReaders.objects.filter(environment=environment.name, secret=secret)
    rows.update(judged=judged, principals=principals)


def keep_look(environment: Environment, secret: str, found: WhoCan) -> None:
    """Raises DatabaseError."""
    rows = SecretReaders.objects.filter(environment=environment.name, secret=secret)
    before = KeptReaders.from_json(json.loads(rows.values_list("found", flat=True).get()))
    forget = found.read_at - timedelta(days=settings.STATUS_OUTSIDE_DAYS)
    kept = follow(before, found, forget.isoformat(timespec="seconds"))
    rows.filter(wanted_at__lte=found.read_at).update(wanted_at=None)
    rows.update(
        looked_at=found.read_at,
        found=json.dumps(kept.to_json()),
        answer=json.dumps(answer_to_json(found)) if len(found.rows) > LIVE else "",
        judged=0,
    )


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
    rows = rows.defer("answer")
    return {row.secret: KeptReaders.from_json(json.loads(row.found)) for row in rows}
