"""A form that is sent twice is saved once: the second request waits for the first, and gets its
answer."""

import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from ...domain.audit.actions import Action, Outcome, Phase
from ...domain.audit.chain import frame
from ...domain.changes.edit import Edit
from ...domain.deadline import Deadline
from ...domain.environment import Environment
from ...domain.errors import OutcomeUnknown
from ...domain.people.actor import Actor
from ...domain.secrets.secret_value import SecretValue
from ...models import AuditRecord
from .. import audit


@dataclass(frozen=True)
class Saved:
    """`sequence` is the intent's record. A proposal waits for a second person; any other version is
    AWSCURRENT now."""

    version_id: str
    sequence: int
    changed: tuple[str, ...]
    is_proposal: bool = False


def idempotency_key_of(environment: Environment, actor: Actor, edit: Edit) -> str:
    """A keyed hash over who asks for what; "" for an edit without a key of its own.

    The form's own key is not enough: the page that the browser's Back button brings again still has
    it, and what is typed there next is another edit.
    """
    return keyed(environment, actor, edit.idempotency_key, edit.content())


def keyed(environment: Environment, actor: Actor, once: str, content: SecretValue) -> str:
    """The same for whatever is asked for under the form's key `once`."""
    if not once:
        return ""
    framed = frame((once, actor.name, environment.name, content.reveal()))
    return hmac.new(settings.FINGERPRINT_KEY, framed, hashlib.sha256).hexdigest()[:40]


def find_earlier(once: str) -> Saved | None:
    """The result of an earlier request with the same idempotency key, None where there is none or
    it had no effect. Waits for one that is under way. Raises OutcomeUnknown."""
    if not once:
        return None
    earlier = AuditRecord.objects.filter(once=once, phase=Phase.INTENT).first()
    if earlier is None:
        return None
    ended = audit.outcome_of(earlier.sequence)
    return None if ended and ended.outcome != Outcome.DONE else wait_for(earlier.sequence)


def wait_for(sequence: int) -> Saved:
    """The result of an intent that another request is acting on.

    Raises OutcomeUnknown when it ended without effect, or is open after its deadline.
    """
    began = AuditRecord.objects.values_list("at", flat=True).get(sequence=sequence)
    deadline = Deadline.after(datetime.fromisoformat(began))
    while True:
        ended = audit.outcome_of(sequence)
        if ended and ended.outcome == Outcome.DONE:
            return _saved(ended)
        if ended or not deadline.allows(datetime.now(UTC)):
            raise OutcomeUnknown("This form was sent twice; the first request did not succeed.")
        time.sleep(0.05)


def _saved(outcome: AuditRecord) -> Saved:
    return Saved(
        outcome.version_id,
        int(outcome.intent),
        tuple(audit.texts(outcome.keys)),
        outcome.action == Action.PROPOSE,
    )
