"""People and their roles: given, taken, accounts switched off and on again. Each change and its record are one: both are there, or neither."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session

from ...domain.environment import Environment
from ...domain.errors import InvalidGrant, LastAdmin, NotPermitted
from ...domain.people.actor import Actor
from ...domain.people.roles import ensure_grantable
from ...models import RoleGrant
from .. import audit, configuration


@dataclass(frozen=True)
class Person:
    """An account. `grants` are those in the environments that were asked about."""

    pk: int
    name: str
    is_active: bool
    last_sign_in: datetime | None
    grants: tuple[RoleGrant, ...]


def people(places: Collection[str]) -> list[Person]:
    """Everybody, by name, with their roles in `places`."""
    users = get_user_model()._default_manager.order_by("username")
    grants: dict[int, list[RoleGrant]] = {}
    for grant in RoleGrant.objects.filter(environment__in=places).order_by(
        "environment", "role", "prefix"
    ):
        grants.setdefault(grant.user_id, []).append(grant)
    return [_person(user, grants.get(user.pk, ())) for user in users]


def find_person(number: int, places: Collection[str]) -> Person | None:
    user = get_user_model()._default_manager.filter(pk=number).first() if number < 2**62 else None
    grants = RoleGrant.objects.filter(user_id=number, environment__in=places) if user else ()
    return (
        _person(user, sorted(grants, key=lambda g: (g.environment, g.role, g.prefix)))
        if user
        else None
    )


def _person(user: Any, grants: Iterable[RoleGrant]) -> Person:
    return Person(user.pk, user.get_username(), user.is_active, user.last_login, tuple(grants))


def give_role(
    environment: Environment, actor: Actor, person: Person, role: str, prefix: str
) -> None:
    """Raises InvalidGrant, NotPermitted for oneself, AuditUnavailable."""
    about = {"account": person.name, "role": role, "names": prefix}
    with _on_record("role.given", actor, environment.name, about) as change:
        ensure_grantable(environment, role, prefix)
        _ensure_other(actor, person)
        change(lambda: _create(environment, person, role, prefix))


def _create(environment: Environment, person: Person, role: str, prefix: str) -> None:
    found: dict[str, Any] = {
        "user_id": person.pk,
        "environment": environment.name,
        "role": role,
        "prefix": prefix,
    }
    _, is_new = RoleGrant.objects.get_or_create(**found, source=RoleGrant.Source.ADMIN)
    if not is_new:
        raise InvalidGrant(f"{person.name} has this role already.")


def take_role(environment: Environment, actor: Actor, person: Person, number: int) -> None:
    """Raises InvalidGrant where there is no such grant, or a group gave it, LastAdmin, AuditUnavailable."""
    grant = RoleGrant.objects.filter(
        pk=number, user_id=person.pk, environment=environment.name
    ).first()
    about = {
        "account": person.name,
        "role": grant.role if grant else "",
        "names": grant.prefix if grant else "",
    }
    with _on_record("role.taken", actor, environment.name, about) as change:
        if grant is None:
            raise InvalidGrant("There is no such role any more.")
        if grant.source == RoleGrant.Source.GROUPS:
            raise InvalidGrant(
                "A group of the identity provider gives this role. Take the person out of the group there."
            )
        change(lambda: _remove(environment, grant))


def _remove(environment: Environment, grant: RoleGrant) -> None:
    grant.delete()
    _ensure_admin(environment.name)


def switch_account(actor: Actor, person: Person, *, on: bool) -> None:
    """An account that is off is out at its next request, and its sessions are gone. Raises NotPermitted for oneself, LastAdmin,
    AuditUnavailable."""
    with _on_record(
        "account.switched_on" if on else "account.switched_off", actor, "", {"account": person.name}
    ) as change:
        _ensure_other(actor, person)
        change(lambda: _switch(person, on))


def _switch(person: Person, on: bool) -> None:
    get_user_model()._default_manager.filter(pk=person.pk).update(is_active=on)
    if on:
        return
    for place in RoleGrant.objects.filter(user_id=person.pk, role="admin").values_list(
        "environment", flat=True
    ):
        _ensure_admin(place)
    _end_sessions(person.pk)


def _end_sessions(person: int) -> None:
    alive = Session.objects.filter(expire_date__gt=datetime.now(UTC))
    theirs = [
        row.pk for row in alive.iterator() if row.get_decoded().get("_auth_user_id") == str(person)
    ]
    Session.objects.filter(pk__in=theirs).delete()


def _ensure_admin(environment: str) -> None:
    """Inside the record's turn, of which there is one at a time over all processes: two removals at once do not both find the other's
    admin still there. An environment that is no longer configured needs none."""
    if environment not in configuration.environments():
        return
    if not RoleGrant.objects.filter(
        environment=environment, role="admin", prefix="", user__is_active=True
    ).exists():
        raise LastAdmin(f"This is the last admin of {environment} whose account is on.")


def _ensure_other(actor: Actor, person: Person) -> None:
    if actor.name == person.name:
        raise NotPermitted(
            "Nobody changes their own roles or account.", remedy="Ask another admin."
        )


@contextmanager
def _on_record(
    action: str, actor: Actor, environment: str, about: Mapping[str, str]
) -> Iterator[Callable[[Callable[[], None]], object]]:
    """Gives a function that makes a change and records it, together. A rule's refusal goes on record by itself, with the rule."""
    details = {name: text[:200] for name, text in about.items() if text}
    try:
        yield lambda make: audit.record(
            action, actor, environment=environment, details=details, ensure=make
        )
    except (InvalidGrant, LastAdmin, NotPermitted) as error:
        told = {**details, "why": error.message}
        audit.record(action, actor, "refused", environment=environment, details=told)
        raise
