"""What lessens power is done at once, and is on record as soon as that can be written.

The act and a row that holds its record are one transaction, so that neither is there without the
other. The row then becomes a record of the chain: at once, or by `append_waiting` when the log
takes records again. docs/decisions/0023-what-lessens-power-does-not-wait.md.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Unpack

from django.db import Error, transaction

from ...domain.audit.actions import Action, Outcome, Phase
from ...domain.errors import AuditUnavailable
from ...domain.people.actor import Actor
from ...models import AuditRecord, WaitingRecord
from .new_record import NO_DETAILS, About, NewRecord, as_stored
from .writing import Recorded, append_row, now

log = logging.getLogger("miyabi.audit")
_MARK = "w"


@dataclass(frozen=True)
class Waiting:
    """It was done, and its record waits for the log."""

    number: int

    @property
    def mark(self) -> str:
        """As `Recorded.mark`."""
        return f"{_MARK}{self.number}"


class _Taken(Exception):
    """Another process is adding this record, or has."""


def record_when_possible(
    action: Action,
    actor: Actor,
    *,
    details: Mapping[str, object] = NO_DETAILS,
    in_transaction: Callable[[], object],
    **about: Unpack[About],
) -> Recorded | Waiting:
    """Does `in_transaction` and records it, at once or later. Of acts that lessen power alone.

    What it raises undoes both. Raises AuditUnavailable where the database cannot be written at
    all.
    """
    entry = NewRecord(
        phase=Phase.EVENT,
        action=action,
        actor=actor,
        outcome=Outcome.DONE,
        details=details,
        **about,
    )
    try:
        with transaction.atomic():
            in_transaction()
            row = WaitingRecord.objects.create(
                row=as_stored(entry.row()), actor=actor.name, at=now()
            )
    except Error:
        raise AuditUnavailable from None
    return _append_or_leave(row)


def _append_or_leave(row: WaitingRecord) -> Recorded | Waiting:
    try:
        return _append(row, json.loads(row.row))
    except AuditUnavailable:
        told = {"action": json.loads(row.row)["action"], "actor": row.actor}
        log.warning("done, and not on record yet", extra={"audit": told})
    except _Taken:
        pass
    return Waiting(row.pk)


def append_waiting() -> int:
    """Puts on record what was done while that was not possible. Returns how many records.

    Raises AuditUnavailable, Error.
    """
    added = 0
    for row in WaitingRecord.objects.order_by("pk"):
        fields = json.loads(row.row)
        late = {**json.loads(fields["details"]), "done_at": row.at}
        try:
            _append(row, {**fields, "details": as_stored(late)})
        except _Taken:
            continue
        added += 1
    return added


def records_waiting() -> int:
    """How many records wait for the log. Raises Error."""
    return WaitingRecord.objects.count()


def waiting_event(mark: str, actor: str) -> AuditRecord | None:
    """A record that waits, of something that this person did. It has no sequence and no hash."""
    number = mark.removeprefix(_MARK)
    if number == mark or not number.isdecimal() or len(number) > 18:
        return None
    row = WaitingRecord.objects.filter(pk=int(number), actor=actor).first()
    return AuditRecord(**json.loads(row.row)) if row else None


def _append(row: WaitingRecord, fields: Mapping[str, str]) -> Recorded:
    """Raises AuditUnavailable, _Taken."""

    def take() -> None:
        if not WaitingRecord.objects.filter(pk=row.pk).delete()[0]:
            raise _Taken

    return append_row(fields, take)
