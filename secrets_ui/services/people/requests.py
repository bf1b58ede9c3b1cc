"""Roles that people ask for, and what an admin answers."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from ...domain.audit.actions import Action
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from ...domain.people.roles import InvalidGrant, ensure_grantable
from ...domain.people.terms import Term
from ...models import RoleRequest
from .. import audit
from .people import MOST_ID, Person, ensure_other, give_role

MOST_WAITING = 5
# How long an answer can be looked up, and a request waits.
KEPT = timedelta(days=30)
_WAITING = RoleRequest.State.WAITING


def ask_for_role(
    environment: Environment,
    actor: Actor,
    person: Any,
    role: str,
    prefix: str,
    hours: int,
    reason: str,
) -> str:
    """Returns the mark of its record. Raises InvalidGrant, AuditUnavailable."""
    ensure_grantable(environment, role, prefix)
    what = {"environment": environment.name, "role": role, "prefix": prefix}

    def ask() -> None:
        waiting = RoleRequest.objects.filter(user=person, state=_WAITING)
        if waiting.filter(**what).exists():
            raise InvalidGrant("You have asked for this role already. An admin will answer.")
        if waiting.count() >= MOST_WAITING:
            raise InvalidGrant(f"{MOST_WAITING} of your requests wait for an answer already.")
        RoleRequest.objects.create(
            user=person, hours=hours, reason=reason, at=datetime.now(UTC), **what
        )

    details = {"account": actor.name, "role": role, "names": prefix, "hours": str(hours)}
    return audit.record(
        Action.ASK_ROLE,
        actor,
        environment=environment.name,
        reason=reason,
        details={name: text for name, text in details.items() if text},
        in_transaction=ask,
    ).mark


def waiting_requests(environments: Collection[str]) -> QuerySet[RoleRequest]:
    """Those that wait in these environments, the oldest first."""
    return _waiting().filter(environment__in=environments).order_by("at")


def requests_of(person: Any) -> QuerySet[RoleRequest]:
    """A person's own, the newest first."""
    return RoleRequest.objects.filter(user=person).order_by("-at")


def find_waiting(number: int) -> RoleRequest | None:
    """In whatever environment."""
    return _waiting().filter(pk=number).first() if number < MOST_ID else None


def _waiting() -> QuerySet[RoleRequest]:
    found = RoleRequest.objects.filter(state=_WAITING, user__is_active=True)
    return found.select_related("user")


def give_asked(
    environment: Environment, actor: Actor, asked: RoleRequest, person: Person, term: Term
) -> str:
    """Gives the role for a time. Raises as `give_role`, and InvalidGrant where it was answered."""
    return give_role(
        environment,
        actor,
        person,
        asked.role,
        asked.prefix,
        term,
        with_it=lambda: _answer(asked, actor, RoleRequest.State.GIVEN, ""),
    )


def refuse_asked(
    environment: Environment, actor: Actor, asked: RoleRequest, person: Person, why: str
) -> str:
    """Raises InvalidGrant without a reason, or where it was answered; NotPermitted for one's own,
    AuditUnavailable."""
    if not why.strip():
        raise InvalidGrant("Say why the role is refused: the person reads it.", key="reason")
    ensure_other(actor, person)
    details = {"account": person.name, "role": asked.role, "names": asked.prefix}
    return audit.record(
        Action.REFUSE_ROLE,
        actor,
        environment=environment.name,
        reason=why,
        details={name: text for name, text in details.items() if text},
        in_transaction=lambda: _answer(asked, actor, RoleRequest.State.REFUSED, why),
    ).mark


def _answer(asked: RoleRequest, actor: Actor, state: RoleRequest.State, answer: str) -> None:
    """Of two answers at once one is taken."""
    open_still = RoleRequest.objects.filter(pk=asked.pk, state=_WAITING)
    if not open_still.update(state=state, answered_by=actor.name, answer=answer):
        raise InvalidGrant("Somebody has answered this request already.")


def purge_requests() -> int:
    """Deletes old ones, answered or not. Returns how many. Raises Error."""
    return int(RoleRequest.objects.filter(at__lt=datetime.now(UTC) - KEPT).delete()[0])
