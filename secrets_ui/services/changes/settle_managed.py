"""What became of an act on a secret's description, tags or deletion: DescribeSecret shows it."""

from __future__ import annotations

import json

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
        return _judge_deletion(intent, is_scheduled=secret.deleted is not None)
    details = json.loads(intent.details)
    part = next(part for part, action in ACTIONS.items() if action == intent.action)
    return _SHOWN[is_done(secret, part, details["to"], details["was"])]


def _judge_deletion(intent: AuditRecord, *, is_scheduled: bool) -> tuple[Outcome, str]:
    """The act began when the secret was in the other state: the one that it is in now is new."""
    why = "it is scheduled for deletion" if is_scheduled else "it is not scheduled for deletion"
    is_wanted = is_scheduled is (intent.action == Action.DELETE)
    return (Outcome.DONE if is_wanted else Outcome.NOT_APPLIED), why
