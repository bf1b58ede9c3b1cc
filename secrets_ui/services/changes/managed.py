"""What the record says of acts on whole secrets, for pages. One query each, no AWS call."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ...domain.audit.actions import DELETIONS, MANAGES, Action
from ...domain.environment import Environment
from ...domain.secrets.secret import Secret
from ...models import AuditRecord


@dataclass(frozen=True)
class DeletionRecord:
    """Who scheduled the deletion here, and after when AWS carries it out, None where AWS's answer
    was lost. `sequence` is the intent's."""

    by: str
    at: datetime
    reason: str
    sequence: int
    after: datetime | None


def deletion_of(environment: Environment, secret: Secret) -> DeletionRecord | None:
    """None where it is not scheduled, or was scheduled outside the console."""
    if not secret.deleted:
        return None
    record = _done(environment, secret.name).order_by("-sequence").first()
    if record is None or record.action != Action.DELETE:
        return None
    after = record.parsed_details.get("deleted_after")
    return DeletionRecord(
        record.actor,
        datetime.fromisoformat(record.at),
        record.reason,
        int(record.intent),
        datetime.fromisoformat(after) if after else None,
    )


def what_was_done(environment: Environment, secret: str, sequence: str) -> str:
    """The act that this intent announced and that took effect, in words; "" where there is none."""
    if not (sequence.isdecimal() and sequence.isascii()):
        return ""
    found = _done(environment, secret).filter(intent=sequence).values_list("action", flat=True)
    if not found:
        return ""
    is_described = found[0] not in DELETIONS
    return "Description and tags saved" if is_described else Action.words_of(found[0])


def _done(environment: Environment, secret: str) -> QuerySet[AuditRecord]:
    return AuditRecord.objects.done().filter(
        environment=environment.name, secret=secret, action__in=MANAGES
    )
