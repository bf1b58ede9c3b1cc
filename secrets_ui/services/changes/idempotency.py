"""A form that is sent twice is saved once: its double waits for the first, and is told the same."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from ...domain.audit.chain import frame
from ...domain.changes.edit import Edit
from ...domain.environment import Environment
from ...domain.errors import OutcomeUnknown
from ...domain.people.actor import Actor
from ...models import AuditRecord
from .. import audit

# A save that has not swapped by then gives up, so that settle_audit may judge an older intent without racing a live one.
SAVE_DEADLINE = 30  # seconds since the intent


@dataclass(frozen=True)
class Saved:
    """`sequence` is the intent's record. A proposal waits for a second person; anything else is AWSCURRENT now."""

    version_id: str
    sequence: int
    changed: tuple[str, ...]
    is_proposal: bool = False


def sending_of(environment: Environment, actor: Actor, edit: Edit) -> str:
    """Marks one sending of a form by who sent what, as a keyed hash; "" for a form without a mark. The form's own mark is not enough:
    the page that Back brings again still has it, and what is typed there next would be told to be saved already."""
    if not edit.once:
        return ""
    framed = frame((edit.once, actor.name, environment.name, edit.content().reveal()))
    return hmac.new(settings.FINGERPRINT_KEY, framed, hashlib.sha256).hexdigest()[:40]


def same_form(edit: Edit) -> Saved | None:
    """What an earlier sending of the same form came to: its double is told the same, not a conflict with itself."""
    earlier = (
        AuditRecord.objects.filter(once=edit.once, phase="intent").first() if edit.once else None
    )
    if earlier is None:
        return None
    ended = audit.outcome_of(earlier.sequence)
    return None if ended and ended.outcome != "done" else wait_for(earlier.sequence)


def wait_for(sequence: int) -> Saved:
    """The outcome of an intent that another request is acting on; one that is older than a save may take is not waited for."""
    began = datetime.fromisoformat(
        AuditRecord.objects.values_list("at", flat=True).get(sequence=sequence)
    )
    while True:
        ended = audit.outcome_of(sequence)
        if ended and ended.outcome == "done":
            return _told(ended)
        if ended or datetime.now(UTC) - began > timedelta(seconds=SAVE_DEADLINE):
            raise OutcomeUnknown(
                "This form was sent twice; the first sending has not come to a good end."
            )
        time.sleep(0.05)


def _told(outcome: AuditRecord) -> Saved:
    return Saved(
        outcome.version_id,
        int(outcome.intent),
        tuple(audit.texts(outcome.keys)),
        outcome.action == "secret.propose",
    )
