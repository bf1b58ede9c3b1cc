"""What can be refused as often as somebody likes: one record a minute of each kind, and a count.

The first of a kind goes on record at once, with all that it was about. Those of the next minute are
counted in the database, over all workers and machines. The next record of the kind says how many
they were; where none comes, `append_counted` adds one in the name of the last of them.
docs/decisions/0022-refusals-are-counted.md.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Unpack

from django.db import Error, transaction
from django.db.models import F

from ...domain.audit.actions import Action, Outcome
from ...domain.errors import AuditUnavailable
from ...domain.people.actor import Actor
from ...models import CountedRefusal
from .limits import database_now
from .new_record import NO_DETAILS, About, as_stored
from .writing import record

WINDOW = timedelta(minutes=1)
# Whoever meets another request at each of so many turns is one of very many, and counted there.
_TURNS = 5


class _Overtaken(Exception):
    """Another request has begun or ended the minute meanwhile."""


@dataclass(frozen=True)
class _NewKind:
    """A refusal that may be the first of its kind."""

    action: Action
    actor: Actor
    details: Mapping[str, object]
    about: About

    @property
    def kind(self) -> str:
        named = [str(self.action), self.actor.name, self.actor.os_user, self.environment]
        return hashlib.sha256(as_stored([*named, dict(self.details)]).encode()).hexdigest()

    @property
    def environment(self) -> str:
        return self.about.get("environment", "")

    def row(self) -> dict[str, str]:
        """What a record of the others needs."""
        shell = {"os_user": self.actor.os_user} if self.actor.os_user else {}
        return {
            "action": self.action,
            "actor": self.actor.name[:150],
            "environment": self.environment,
            "details": as_stored({**shell, **self.details}),
        }


def refuse_counted(
    action: Action,
    actor: Actor,
    *,
    details: Mapping[str, object] = NO_DETAILS,
    **about: Unpack[About],
) -> None:
    """Records a refusal, or counts it. Raises AuditUnavailable.

    A kind is an action, a name, an environment and details, which all have few values; what else it
    is `about`, such as the secret, whoever is refused could make up each time.
    """
    new = _NewKind(action, actor, details, about)
    for _ in range(_TURNS):
        try:
            now = database_now()
            if _counted(new.kind, actor, now):
                return
            _begin(new, now)
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


@transaction.atomic
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


def _begin(new: _NewKind, now: datetime) -> None:
    """Adds a record, and begins a minute with it in one transaction. Raises _Overtaken."""
    before = CountedRefusal.objects.filter(kind=new.kind).first()

    def begin() -> None:
        if before:
            _claim(before, others=0, since=now)
        elif CountedRefusal.objects.filter(kind=new.kind).exists():
            raise _Overtaken
        else:
            CountedRefusal.objects.create(kind=new.kind, since=now, **new.row())

    told = {**new.details, **(_told(before.others, before.since) if before else {})}
    record(new.action, new.actor, Outcome.REFUSED, details=told, in_transaction=begin, **new.about)


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
        environment=row.environment,
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
