"""People's web sessions: shown, and ended on the server."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from ...models import PersonSession
from .session_store import stored_key


@dataclass(frozen=True)
class OpenSession:
    """A web session that can still be used.

    `number` names it in URLs, where its id must not be.
    """

    number: int
    person: str
    by: str
    address: str
    browser: str
    started: datetime
    last_used: datetime
    is_this: bool


# Below, `session_key` and `this` are a session's id as its browser has it.


def note_session(session_key: str, person: Any, by: str, address: str, browser: str) -> None:
    known = {"user": person, "by": by[:40], "address": address[:45], "browser": browser[:200]}
    PersonSession.objects.update_or_create(session_key=stored_key(session_key), defaults=known)


@contextmanager
def renewing(session: SessionBase) -> Iterator[None]:
    """What happens inside gives the web session a new id; it stays its person's."""
    with transaction.atomic():
        before = PersonSession.objects.filter(session_key=stored_key(session.session_key))
        yield
        before.update(session_key=stored_key(session.session_key))


def forget_session(session_key: str) -> None:
    """Its person has signed out."""
    PersonSession.objects.filter(session_key=stored_key(session_key)).delete()


def open_sessions(people: QuerySet[Any], *, this: str = "") -> list[OpenSession]:
    """Of these people, the last used first. Also deletes expired rows."""
    rows = PersonSession.objects.select_related("user").filter(user__in=people).order_by("pk")
    stored = Session.objects.filter(
        session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
    )
    data = {session.session_key: session.get_decoded() for session in stored}
    alive = {row: data[row.session_key] for row in rows if _is_alive(data.get(row.session_key))}
    _forget(row for row in rows if row not in alive)
    return sorted(
        (_open(row, times, stored_key(this)) for row, times in alive.items()),
        key=lambda s: s.last_used,
        reverse=True,
    )


def _is_alive(data: dict[str, Any] | None) -> bool:
    if not data or "seen" not in data or "started" not in data:
        return False
    now = timezone.now().timestamp()
    return bool(
        now - data["seen"] <= settings.SESSION_IDLE_SECONDS
        and now - data["started"] <= settings.SESSION_LIFE_SECONDS
    )


def _forget(rows: Iterable[PersonSession]) -> None:
    keys = [row.session_key for row in rows]
    if keys:
        Session.objects.filter(session_key__in=keys).delete()
        PersonSession.objects.filter(session_key__in=keys).delete()


def _open(row: PersonSession, times: dict[str, Any], stored_this: str) -> OpenSession:
    return OpenSession(
        row.pk,
        row.user.get_username(),
        row.by,
        row.address,
        row.browser,
        datetime.fromtimestamp(times["started"], UTC),
        datetime.fromtimestamp(times["seen"], UTC),
        row.session_key == stored_this,
    )


def owner_of(number: int) -> Any:
    """Whose web session it is, or None when there is no such session any more."""
    row = PersonSession.objects.select_related("user").filter(pk=number).first()
    return row.user if row else None


def end_session(number: int) -> None:
    _forget(PersonSession.objects.filter(pk=number))


def end_sessions(person: Any, *, but: str = "") -> int:
    """Ends all web sessions of a person (a user or its primary key), `but` the one with this key.

    Returns how many.
    """
    rows = list(PersonSession.objects.filter(user=person).exclude(session_key=stored_key(but)))
    _forget(rows)
    return len(rows)


@transaction.atomic
def purge_sessions() -> int:
    """Deletes sessions that nobody can use any more, and what is known of whose they were.

    Returns how many. Raises Error.
    """
    over = Session.objects.filter(expire_date__lte=timezone.now()).delete()[0]
    stored = Session.objects.filter(session_key=OuterRef("session_key"))
    PersonSession.objects.filter(~Exists(stored)).delete()
    return int(over)
