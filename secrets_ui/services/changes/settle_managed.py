"""What became of an act on a secret's description, tags or deletion: DescribeSecret shows it."""

from ...domain.audit.actions import DELETIONS, Action, Outcome
from ...domain.changes.description import is_done
from ...domain.secrets.secret import Secret
from ...models import AuditRecord
from .describe import ACTIONS

_SHOWN = {
    True: (Outcome.DONE, "AWS shows what it was to lead to"),
    False: (Outcome.NOT_APPLIED, "AWS shows what was before it"),
    None: (Outcome.UNKNOWN, "AWS shows neither what it was to lead to nor what was before it"),
}


def judge_managed(intent: AuditRecord, secret: Secret) -> tuple[Outcome, str]:
    """The outcome, and why."""
    if intent.action in DELETIONS:
        return _judge_deletion(intent, is_scheduled=_was_scheduled(intent, secret))
    details = intent.parsed_details
    part = next(part for part, action in ACTIONS.items() if action == intent.action)
    return _SHOWN[is_done(secret, part, details["to"], details["was"])]


def _was_scheduled(intent: AuditRecord, secret: Secret) -> bool:
    """Whether the secret was scheduled for deletion after the act: as AWS shows it, or as the next
    act found it, if there was one since. A deletion finds a secret that is not scheduled, and a
    cancellation one that is."""
    later = AuditRecord.objects.done().filter(
        environment=intent.environment,
        secret=intent.secret,
        action__in=DELETIONS,
        sequence__gt=intent.sequence,
    )
    following = later.order_by("sequence").values_list("action", flat=True).first()
    return following == Action.CANCEL_DELETION if following else secret.deleted is not None


def _judge_deletion(intent: AuditRecord, *, is_scheduled: bool) -> tuple[Outcome, str]:
    """The act began when the secret was in the other state: the one that came after it is new."""
    why = "it was scheduled for deletion" if is_scheduled else "it was not scheduled for deletion"
    is_wanted = is_scheduled is (intent.action == Action.DELETE)
    return (Outcome.DONE if is_wanted else Outcome.NOT_APPLIED), why
