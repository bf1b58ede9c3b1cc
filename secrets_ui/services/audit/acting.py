"""Puts an act on record: its intent is committed before it, its outcome after it.

    with audit.act(Action.SAVE, actor, environment="prod", secret=name) as act:
        request_id = gateway.put_secret_value(...)
        act.done(request_id=request_id, version_id=...)

An act whose outcome is not known stays open: nobody guesses it, and settle_audit asks AWS later.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Unpack

from ...domain.audit.actions import Action, Outcome, Phase
from ...domain.deadline import Deadline
from ...domain.errors import AuditUnavailable, AwsError, ConsoleError, OutcomeUnknown
from ...domain.people.actor import Actor
from .new_record import NO_DETAILS, About, NewRecord
from .writing import Recorded, append


class Act:
    """An act whose intent is on record. `sequence` and `hash` are the intent's.

    `deadline` is that of all that the act sends to change AWS: settle_audit counts on it.
    """

    def __init__(self, intent: NewRecord, recorded: Recorded) -> None:
        self.sequence, self.hash = recorded.sequence, recorded.hash
        self.deadline = Deadline.after(datetime.fromisoformat(recorded.at))
        self.is_over = False
        self._intent = intent
        self._request_ids: list[str] = []

    def add_request(self, request_id: str) -> None:
        """Notes an answered AWS call; its id goes on record with the outcome."""
        self._request_ids.append(request_id)

    def done(
        self,
        *,
        request_id: str = "",
        version_id: str = "",
        details: Mapping[str, object] = NO_DETAILS,
    ) -> None:
        """Records that the act took effect.

        `version_id` is the version that it made, where the intent could not name one. Raises
        AuditUnavailable; the act then stays open.
        """
        self.add_request(request_id)
        self._end(Outcome.DONE, details, version_id=version_id)

    def failed(self, error: ConsoleError) -> None:
        """Records that AWS refused, or that somebody else's change came first.

        Raises AuditUnavailable.
        """
        details = {"why": error.message}
        if isinstance(error, AwsError):
            self.add_request(error.call.request_id)
            details["code"] = error.call.code
        self._end(Outcome.CONFLICT if error.is_conflict else Outcome.FAILED, details)

    def not_applied(self, why: str) -> None:
        """Records that the act was announced and then not carried out. Raises AuditUnavailable."""
        self._end(Outcome.NOT_APPLIED, {"why": why})

    def _end(
        self, outcome: Outcome, details: Mapping[str, object], *, version_id: str = ""
    ) -> None:
        entry = replace(
            self._intent,
            phase=Phase.OUTCOME,
            outcome=outcome,
            version_id=version_id or self._intent.version_id,
            request_ids=self._request_ids,
            intent=str(self.sequence),
            idempotency_key="",
            details=details,
        )
        append(entry)
        self.is_over = True


@contextmanager
def act(
    action: Action,
    actor: Actor,
    *,
    idempotency_key: str = "",
    details: Mapping[str, object] = NO_DETAILS,
    **about: Unpack[About],
) -> Iterator[Act]:
    """Commits the intent, runs the block, and records how it ended when an error leaves it.

    - AwsError: failed, with AWS's code and request id. Somebody else's change: conflict.
    - Any other refusal of the console: not carried out, with its message.
    - OutcomeUnknown, AuditUnavailable and every unexpected error: the act stays open. So it does
      when the block ends without `done`, `failed` or `not_applied`.

    Raises AuditUnavailable, and then the act must not be made; AlreadyIntended when an earlier
    intent with the same idempotency key is open or done.
    """
    intent = NewRecord(
        phase=Phase.INTENT,
        action=action,
        actor=actor,
        idempotency_key=idempotency_key,
        details=details,
        **about,
    )
    begun = Act(intent, append(intent))
    try:
        yield begun
    except ConsoleError as error:
        if not begun.is_over:
            _end_by(begun, error)
        raise


def _end_by(begun: Act, error: ConsoleError) -> None:
    if isinstance(error, (OutcomeUnknown, AuditUnavailable)):
        return
    if isinstance(error, AwsError) or error.is_conflict:
        begun.failed(error)
    else:
        begun.not_applied(error.message)
