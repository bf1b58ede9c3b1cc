"""Which roles people have by the audit log, and who gave them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...domain.audit.actions import Action, Outcome, Phase
from ...models import AuditRecord, RoleGrant
from .new_record import as_stored

_SETS_ROLES = (
    Action.GIVE_ROLE,
    Action.TAKE_ROLE,
    Action.END_ROLE,
    Action.SET_GROUP_ROLES,
    Action.SET_ACCOUNT,
    Action.REMOVE_ACCOUNT,
)

# Environment, role, prefix, and RoleGrant.Source.
Grant = tuple[str, str, str, str]


@dataclass(frozen=True)
class Giver:
    """Who gave a role, when, and until when, "" for good. `is_setup`: it came with the account,
    which a shell made."""

    name: str
    at: str
    is_setup: bool
    until: str = ""


def grant_of(given: RoleGrant) -> Grant:
    return given.environment, given.role, given.prefix, given.source


def roles_on_record(account: str = "") -> dict[str, dict[Grant, Giver]]:
    """By account, of one or of all: the roles that it has by the log, and who gave each."""
    records = AuditRecord.objects.filter(
        phase=Phase.EVENT, outcome=Outcome.DONE, action__in=_SETS_ROLES
    )
    if account:
        records = records.filter(details__contains=as_stored(account))
    read = [(record, _details(record)) for record in records.order_by("sequence")]
    told: dict[str, dict[Grant, Giver]] = {}
    for record, details in sorted(read, key=_when):
        # Another account may hold the name of this one too.
        if account in ("", details.get("account")):
            _follow(told.setdefault(str(details.get("account")), {}), record, details)
    return told


def _details(record: AuditRecord) -> Mapping[str, Any]:
    """Empty where they are no JSON object: the chain tells of a record that was changed."""
    try:
        read = record.parsed_details
    except (ValueError, TypeError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _when(read: tuple[AuditRecord, Mapping[str, Any]]) -> str:
    """What was taken while the log could not be written is on record later than it was done."""
    record, details = read
    return str(details.get("done_at", record.at))


def _follow(told: dict[Grant, Giver], record: AuditRecord, details: Mapping[str, Any]) -> None:
    """What is told after one more record: an account that was removed or set anew had its roles
    until then."""
    giver = Giver(record.actor, record.at, record.action == Action.SET_ACCOUNT)
    role, names = str(details.get("role", "")), str(details.get("names", ""))
    grant = (record.environment, role, names, RoleGrant.Source.ADMIN.value)
    if record.action == Action.GIVE_ROLE:
        told[grant] = replace(giver, until=str(details.get("until", "")))
    elif record.action in (Action.TAKE_ROLE, Action.END_ROLE):
        told.pop(grant, None)
    elif record.action == Action.SET_GROUP_ROLES:
        _follow_groups(told, giver, details.get("roles"))
    else:
        told.clear()
        roles = details.get("roles")
        if isinstance(roles, dict):
            source = RoleGrant.Source.ADMIN.value
            told.update({(name, str(role), "", source): giver for name, role in roles.items()})


def _follow_groups(told: dict[Grant, Giver], giver: Giver, roles: object) -> None:
    """Those of groups are replaced together; each is told as `viewer in prod`."""
    source = RoleGrant.Source.GROUPS.value
    for grant in [grant for grant in told if grant[3] == source]:
        del told[grant]
    for named in roles if isinstance(roles, list) else ():
        role, _, environment = str(named).partition(" in ")
        told[environment, role, "", source] = giver
