"""Roles that have ended. They give nothing from that moment on; here they go, on record."""

from contextlib import suppress
from datetime import UTC, datetime

from ...domain.audit.actions import Action
from ...domain.people.actor import CONSOLE
from ...domain.people.terms import spelled
from ...models import RoleGrant
from .. import audit


class _Gone(Exception):
    """Somebody took the role away, or another process ended it."""


def end_roles(account: int | None = None) -> int:
    """Those of one account, or of all. Returns how many. Raises AuditUnavailable."""
    ended = RoleGrant.every.filter(until__lte=datetime.now(UTC)).select_related("user")
    if account is not None:
        ended = ended.filter(user_id=account)
    return sum(map(_end, ended.order_by("until", "pk")))


def _end(grant: RoleGrant) -> bool:
    def delete() -> None:
        if not RoleGrant.every.filter(pk=grant.pk, until=grant.until).delete()[0]:
            raise _Gone

    details = {
        "account": grant.user.get_username(),
        "role": grant.role,
        "names": grant.prefix,
        "until": spelled(grant.until),
    }
    with suppress(_Gone):
        audit.record_when_possible(
            Action.END_ROLE,
            CONSOLE,
            environment=grant.environment,
            details={name: text for name, text in details.items() if text},
            in_transaction=delete,
        )
        return True
    return False
