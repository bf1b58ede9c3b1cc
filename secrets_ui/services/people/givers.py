"""Who gave a person their roles, as the audit log tells."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ...domain.audit.actions import Action, Outcome, Phase
from ...models import AuditRecord, RoleGrant
from ..audit.new_record import as_stored

_SETS_ROLES = (Action.GIVE_ROLE, Action.TAKE_ROLE, Action.SET_ACCOUNT, Action.REMOVE_ACCOUNT)

_Grant = tuple[str, str, str]  # environment, role, prefix


@dataclass(frozen=True)
class Giver:
    """Who gave a role, and when. `is_setup`: it came with the account, which a shell made."""

    name: str
    at: str
    is_setup: bool


def givers_of(account: str, grants: tuple[RoleGrant, ...]) -> dict[int, Giver]:
    """By the grant's primary key. A grant that the log does not tell of, and one of a group, has
    none."""
    told: dict[_Grant, Giver] = {}
    for record in _records(account):
        details = json.loads(record.details)
        if details.get("account") == account:
            _follow(told, record, details)
    given = [grant for grant in grants if grant.source == RoleGrant.Source.ADMIN]
    return {g.pk: told[key] for g in given if (key := (g.environment, g.role, g.prefix)) in told}


def _records(account: str) -> list[AuditRecord]:
    """The changes of an account's roles, oldest first. Another account may hold its name too."""
    records = AuditRecord.objects.filter(
        phase=Phase.EVENT,
        outcome=Outcome.DONE,
        action__in=_SETS_ROLES,
        details__contains=as_stored(account),
    )
    return list(records.order_by("sequence"))


def _follow(told: dict[_Grant, Giver], record: AuditRecord, details: dict[str, object]) -> None:
    """What is told after one more record: an account that was removed or set anew had its roles
    until then."""
    giver = Giver(record.actor, record.at, record.action == Action.SET_ACCOUNT)
    grant = (record.environment, str(details.get("role", "")), str(details.get("names", "")))
    if record.action == Action.GIVE_ROLE:
        told[grant] = giver
    elif record.action == Action.TAKE_ROLE:
        told.pop(grant, None)
    else:
        told.clear()
        roles = details.get("roles")
        if isinstance(roles, dict):
            told.update({(name, str(role), ""): giver for name, role in roles.items()})
