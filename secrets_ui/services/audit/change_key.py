"""Replaces the AUDIT_KEY that sealed the chain so far by another one, on record."""

from django.conf import settings

from ...domain.audit.actions import Action
from ...domain.errors import ConsoleError
from ...domain.people.actor import CONSOLE
from ...models import AuditRecord
from .. import audit
from .verify import verify_with


class AuditKeyNotChanged(ConsoleError):
    """The audit chain goes on under the key that it had; the text says why."""


def change_audit_key() -> audit.Recorded:
    """Adds the record with which AUDIT_KEY takes over from the last of AUDIT_KEYS_BEFORE.

    Its hash, under the new key, covers all records before it, so that whoever learnt the old key
    cannot change them. Raises AuditKeyNotChanged, AuditUnavailable.
    """
    before = settings.AUDIT_KEYS_BEFORE
    if not before:
        raise AuditKeyNotChanged(
            "AUDIT_KEYS_BEFORE is not set: expected the key that sealed the chain so far."
        )
    breaks, reached = verify_with(before)
    if breaks and not verify_with([*before, settings.AUDIT_KEY])[0]:
        raise AuditKeyNotChanged("AUDIT_KEY has taken over already; there is nothing to do.")
    if breaks:
        raise AuditKeyNotChanged(
            f"The chain does not hold under AUDIT_KEYS_BEFORE: {breaks[0].text}"
        )

    def ensure_nothing_came_in_between() -> None:
        if AuditRecord.objects.values_list("sequence", flat=True).first() != (
            reached.sequence or None
        ):
            raise AuditKeyNotChanged(
                "The chain grew meanwhile: stop every console first, then try again."
            )

    return audit.record(
        Action.CHANGE_AUDIT_KEY,
        CONSOLE,
        details={"last_under_the_old_key": reached.sequence},
        in_transaction=ensure_nothing_came_in_between,
    )
