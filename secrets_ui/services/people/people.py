"""People and their roles: given, taken, accounts switched off and on.

A change and its record are one transaction: both are there, or neither. What takes power away does
not wait for the log.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from ...domain.audit.actions import Action, Outcome
from ...domain.environment import Environment
from ...domain.errors import ConsoleError, NotPermitted
from ...domain.people.actor import Actor
from ...domain.people.roles import InvalidGrant, ensure_grantable
from ...domain.people.terms import FOREVER, Term
from ...models import CalendarFeed, RoleGrant
from .. import audit, configuration
from ..audit.new_record import About
from .ended_roles import end_roles
from .sessions import end_sessions

# A number in a URL beyond this is no id, and more than SQLite takes.
MOST_ID = 2**62


class LastAdmin(ConsoleError):
    """An environment without an admin could never get one again."""

    status = 409
    title = "The last admin stays"
    remedy = "Give somebody else the role first."


@dataclass(frozen=True)
class Person:
    """An account. `grants` are those in the environments that were asked about."""

    pk: int
    name: str
    is_active: bool
    last_sign_in: datetime | None
    grants: tuple[RoleGrant, ...]


def people(environments: Collection[str]) -> list[Person]:
    """Everybody, by name, with their roles in these environments."""
    users = get_user_model()._default_manager.order_by("username")
    grants: dict[int, list[RoleGrant]] = {}
    for grant in _grants_in(environments):
        grants.setdefault(grant.user_id, []).append(grant)
    return [_person(user, grants.get(user.pk, ())) for user in users]


def find_person(number: int, environments: Collection[str]) -> Person | None:
    """The account with this id, with its roles in these environments; None where there is none."""
    if number >= MOST_ID:
        return None
    user = get_user_model()._default_manager.filter(pk=number).first()
    return _person(user, _grants_in(environments).filter(user=user)) if user else None


def _grants_in(environments: Collection[str]) -> QuerySet[RoleGrant]:
    return RoleGrant.objects.filter(environment__in=environments)


def _person(user: Any, grants: Iterable[RoleGrant]) -> Person:
    by_place = sorted(
        grants, key=lambda g: (configuration.place_of(g.environment), g.role, g.prefix)
    )
    return Person(user.pk, user.get_username(), user.is_active, user.last_login, tuple(by_place))


# Each change below returns the mark of its record (audit.Recorded).


def give_role(
    environment: Environment,
    actor: Actor,
    person: Person,
    role: str,
    prefix: str,
    term: Term = FOREVER,
    *,
    with_it: Callable[[], None] = lambda: None,
) -> str:
    """`with_it` is done in the same transaction. Raises InvalidGrant, NotPermitted for oneself,
    AuditUnavailable."""
    # Its end goes on record before the role is given anew.
    end_roles(person.pk)

    def give() -> None:
        ensure_grantable(environment, role, prefix)
        ensure_other(actor, person)
        _create(environment, person, role, prefix, term)
        with_it()

    about = {"account": person.name, "role": role, "names": prefix, **term.described()}
    return _change(Action.GIVE_ROLE, actor, give, environment.name, about, reason=term.reason)


def _create(environment: Environment, person: Person, role: str, prefix: str, term: Term) -> None:
    _, is_new = RoleGrant.every.get_or_create(
        user_id=person.pk,
        environment=environment.name,
        role=role,
        prefix=prefix,
        source=RoleGrant.Source.ADMIN,
        defaults={"since": term.since, "until": term.until, "reason": term.reason},
    )
    if not is_new:
        raise InvalidGrant(
            f"{person.name} has this role already. To change when it ends, take it away first."
        )


def take_role(environment: Environment, actor: Actor, person: Person, number: int) -> str:
    """Raises InvalidGrant where there is no such grant, or a group gave it, LastAdmin,
    AuditUnavailable."""
    grant = RoleGrant.objects.filter(
        pk=number, user_id=person.pk, environment=environment.name
    ).first()

    def take() -> None:
        _lock_admins()
        if grant is None:
            raise InvalidGrant("There is no such role any more.")
        if grant.source == RoleGrant.Source.GROUPS:
            raise InvalidGrant(
                "A group of the identity provider gives this role. Take the person out of the "
                "group there."
            )
        grant.delete()
        _ensure_admin(environment.name)

    about = {"account": person.name}
    if grant:
        about |= {"role": grant.role, "names": grant.prefix}
    return _change(Action.TAKE_ROLE, actor, take, environment.name, about, lessens=True)


def switch_account(actor: Actor, person: Person, *, on: bool) -> str:
    """Somebody whose account is switched off is signed out at their next request; their web
    sessions end, and so does their calendar address.

    Raises NotPermitted for oneself, LastAdmin, AuditUnavailable.
    """

    def switch() -> None:
        ensure_other(actor, person)
        _lock_admins()
        get_user_model()._default_manager.filter(pk=person.pk).update(is_active=on)
        if not on:
            _ensure_admins_without(person)
            end_sessions(person.pk)
            CalendarFeed.objects.filter(user_id=person.pk).delete()

    action = Action.SWITCH_ON_ACCOUNT if on else Action.SWITCH_OFF_ACCOUNT
    return _change(action, actor, switch, "", {"account": person.name}, lessens=not on)


def _lock_admins() -> None:
    """Two removals at once are one after the other, so that both cannot succeed."""
    admins = RoleGrant.objects.select_for_update().filter(role="admin").order_by("pk")
    # The rows are locked by being read.
    list(admins.values_list("pk"))


def _ensure_admins_without(person: Person) -> None:
    grants = RoleGrant.objects.filter(user_id=person.pk, role="admin")
    for environment in grants.values_list("environment", flat=True):
        _ensure_admin(environment)


def _ensure_admin(environment: str) -> None:
    """Raises LastAdmin. An environment that is no longer configured needs no admin.

    Runs under the lock of `_lock_admins`.
    """
    if environment not in configuration.environments():
        return
    if not RoleGrant.objects.filter(
        environment=environment, role="admin", prefix="", until=None, user__is_active=True
    ).exists():
        raise LastAdmin(
            f"This is the last admin of {environment} whose account is on and whose role has no "
            "end."
        )


def ensure_other(actor: Actor, person: Person) -> None:
    """Raises NotPermitted for oneself."""
    if actor.name == person.name:
        raise NotPermitted(
            "Nobody changes their own roles or account.", remedy="Ask another admin."
        )


def _change(
    action: Action,
    actor: Actor,
    make: Callable[[], None],
    environment: str,
    about: Mapping[str, str],
    *,
    lessens: bool = False,
    reason: str = "",
) -> str:
    """Makes a change and records it in one transaction; a refusal goes on record in place of the
    change. With `lessens` the change does not wait for the record."""
    details = {name: text[:200] for name, text in about.items() if text}
    record = audit.record_when_possible if lessens else audit.record
    try:
        recorded = record(
            action,
            actor,
            environment=environment,
            reason=reason,
            details=details,
            in_transaction=make,
        )
    except (InvalidGrant, LastAdmin, NotPermitted) as error:
        details["why"] = error.message
        about_it: About = {"environment": environment, "reason": reason}
        audit.record(action, actor, Outcome.REFUSED, details=details, **about_it)
        raise
    return recorded.mark
