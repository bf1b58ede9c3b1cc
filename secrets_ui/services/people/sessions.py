"""People's web sessions: shown, and ended on the server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from ...models import PersonSession


@dataclass(frozen=True)
class OpenSession:
    """A web session that can still be used.

    `number` names it in URLs, where its key must not be.
    """

    number: int
    person: str
    by: str
    address: str
    browser: str
    started: datetime
    last_used: datetime
    is_this: bool


def note_session(session_key: str, person: Any, by: str, address: str, browser: str) -> None:
    known = {"user": person, "by": by[:40], "address": address[:45], "browser": browser[:200]}
    PersonSession.objects.update_or_create(session_key=session_key, defaults=known)


def rename_session(old: str, new: str) -> None:
    """A step-up gave the session a new id."""
    PersonSession.objects.filter(session_key=old).update(session_key=new)


def forget_session(session_key: str) -> None:
    """Its person has signed out."""
    PersonSession.objects.filter(session_key=session_key).delete()


def open_sessions(person: Any = None, *, this: str = "") -> list[OpenSession]:
    """Of one person or of everybody, the last used first. Also deletes expired rows."""
    rows = PersonSession.objects.select_related("user").order_by("pk")
    rows = rows.filter(user=person) if person else rows
    stored = Session.objects.filter(
        session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
    )
    data = {session.session_key: session.get_decoded() for session in stored}
    alive = {row: data[row.session_key] for row in rows if _is_alive(data.get(row.session_key))}
    _forget(row for row in rows if row not in alive)
    return sorted(
        (_open(row, times, this) for row, times in alive.items()),
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


def _open(row: PersonSession, times: dict[str, Any], this: str) -> OpenSession:
    return OpenSession(
        row.pk,
        row.user.get_username(),
        row.by,
        row.address,
        row.browser,
        datetime.fromtimestamp(times["started"], UTC),
        datetime.fromtimestamp(times["seen"], UTC),
        row.session_key == this,
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
    rows = list(PersonSession.objects.filter(user=person).exclude(session_key=but))
    _forget(rows)
    return len(rows)
