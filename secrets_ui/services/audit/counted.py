"""What anybody can have refused without signing in: one record a minute of each kind, and a count.

The first of a kind goes on record at once. Those of the next minute are counted in the database,
over all workers and machines. The next record of the kind says how many they were; where none
comes, `append_counted` adds one in the name of the last of them.
docs/decisions/0022-refusals-are-counted.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from django.db import Error
from django.db.models import F

from ...domain.audit.actions import Action, Outcome
from ...domain.errors import AuditUnavailable
from ...domain.people.actor import Actor
from ...models import CountedRefusal
from .limits import database_now
from .new_record import NO_DETAILS, as_stored
from .writing import record

WINDOW = timedelta(minutes=1)
# Whoever meets another request at each of so many turns is one of very many, and counted there.
_TURNS = 5


class _Overtaken(Exception):
    """Another request has begun or ended the minute meanwhile."""


def refuse_counted(
    action: Action, actor: Actor, *, details: Mapping[str, object] = NO_DETAILS
) -> None:
    """Records a refusal, or counts it. Raises AuditUnavailable."""
    for _ in range(_TURNS):
        try:
            now, kind = database_now(), _kind(action, actor, details)
            if _counted(kind, actor, now):
                return
            _begin(kind, action, actor, details, now)
        except _Overtaken:
            continue
        except Error:
            raise AuditUnavailable("The refusal could not be counted.") from None
        return
    raise AuditUnavailable("The refusal could not be counted.")


def append_counted() -> int:
    """Puts on record what was counted in minutes that are over. Returns how many records.

    Raises AuditUnavailable, Error.
    """
    now, added = database_now(), 0
    for row in CountedRefusal.objects.exclude(since__range=_running(now)):
        try:
            added += _end(row)
        except _Overtaken:
            continue
    return added


def _kind(action: Action, actor: Actor, details: Mapping[str, object]) -> str:
    named = as_stored([str(action), actor.name, dict(details)])
    return hashlib.sha256(named.encode()).hexdigest()


def _counted(kind: str, actor: Actor, now: datetime) -> bool:
    """Whether the kind's minute runs, and this one was counted in it."""
    running = CountedRefusal.objects.filter(kind=kind, since__range=_running(now))
    return bool(running.update(others=F("others") + 1, address=actor.address[:45]))


def _running(now: datetime) -> tuple[datetime, datetime]:
    """When minutes began that are not over.

    A little in the future: another request began it since `now` was read. Far in the future: the
    clock was put back since, and nobody would wait for that minute to end.
    """
    return now - WINDOW, now + WINDOW


def _begin(
    kind: str, action: Action, actor: Actor, details: Mapping[str, object], now: datetime
) -> None:
    """Adds a record, and begins a minute with it in one transaction. Raises _Overtaken."""
    before = CountedRefusal.objects.filter(kind=kind).first()
    begun = {"action": action, "actor": actor.name[:150], "details": as_stored(dict(details))}

    def begin() -> None:
        if before:
            _claim(before, others=0, since=now)
        elif CountedRefusal.objects.filter(kind=kind).exists():
            raise _Overtaken
        else:
            CountedRefusal.objects.create(kind=kind, since=now, **begun)

    told = {**details, **(_told(before.others, before.since) if before else {})}
    record(action, actor, Outcome.REFUSED, details=told, in_transaction=begin)


def _end(row: CountedRefusal) -> int:
    """Adds a record of what was counted, if anything was, and forgets it. Raises _Overtaken."""
    if not row.others:
        _claim(row)
        return 0
    # The record stands for one of them.
    told = {**json.loads(row.details), **_told(row.others - 1, row.since)}
    record(
        Action(row.action),
        Actor(row.actor, row.address),
        Outcome.REFUSED,
        details=told,
        in_transaction=partial(_claim, row),
    )
    return 1


def _told(others: int, since: datetime) -> dict[str, object]:
    return {"others": others, "others_since": f"{since:%Y-%m-%dT%H:%M:%SZ}"} if others else {}


def _claim(row: CountedRefusal, **new: object) -> None:
    """Changes the row to `new`, or deletes it, if it still is as it was read.

    Raises _Overtaken.
    """
    same = CountedRefusal.objects.filter(pk=row.pk, since=row.since, others=row.others)
    if not (same.update(**new) if new else same.delete()[0]):
        raise _Overtaken
