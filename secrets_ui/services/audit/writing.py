"""Appends to the audit chain: no record, no act."""

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Unpack

from django.conf import settings
from django.db import Error, transaction

from ...domain.audit import chain as audit_chain
from ...domain.audit.actions import Action, Outcome, Phase
from ...domain.errors import AuditUnavailable
from ...domain.people.actor import Actor
from ...models import AuditRecord, Heartbeat
from . import index
from .lock import take_lock
from .new_record import NO_DETAILS, About, NewRecord

log = logging.getLogger("miyabi.audit")


class AlreadyIntended(Exception):
    """An earlier request with the same idempotency key led to the intent `sequence`."""

    def __init__(self, sequence: int) -> None:
        super().__init__(sequence)
        self.sequence = sequence


class AlreadyEnded(Exception):
    """The intent that was to be settled has an outcome by now."""


@dataclass(frozen=True)
class Recorded:
    """Where a record stands in the chain; `at` is its time, as it is stored."""

    sequence: int
    hash: str
    at: str

    @property
    def mark(self) -> str:
        """Names it in a page's address."""
        return str(self.sequence)


def record(
    action: Action,
    actor: Actor,
    outcome: Outcome = Outcome.DONE,
    *,
    details: Mapping[str, object] = NO_DETAILS,
    in_transaction: Callable[[], object] = lambda: None,
    **about: Unpack[About],
) -> Recorded:
    """Records a single event, such as a sign-in, a refusal or an export.

    `in_transaction` runs under the audit lock, in the transaction that adds the record: whatever it
    raises undoes both. Raises AuditUnavailable.
    """
    entry = NewRecord(
        phase=Phase.EVENT, action=action, actor=actor, outcome=outcome, details=details, **about
    )
    return append(entry, in_transaction)


def append(entry: NewRecord, in_transaction: Callable[[], object] = lambda: None) -> Recorded:
    """Adds a record to the chain and commits it.

    Raises AuditUnavailable, and AlreadyIntended for an idempotency key that was used before.
    """
    return append_row(entry.row(), in_transaction)


def append_row(fields: Mapping[str, str], in_transaction: Callable[[], object]) -> Recorded:
    """The same for a record's columns, as NewRecord.row gives them."""
    try:
        with transaction.atomic(durable=True):
            take_lock()
            if fields["once"]:
                _ensure_first(fields["once"])
            in_transaction()
            recorded = _insert(fields)
    except (Error, OSError):
        raise AuditUnavailable("The record could not be added to the audit log.") from None
    _log(recorded, fields)
    return recorded


class _TakenBack(Exception):
    """Undoes a record that was only tried."""


def ensure_writable() -> None:
    """Adds a record, takes it back, and commits a sign of life in its stead.

    Only what was committed shows that the disk takes it. Raises AuditUnavailable.
    """
    tried = NewRecord(phase=Phase.EVENT, action="readyz", actor=Actor("console"))
    try:
        with transaction.atomic(durable=True):
            take_lock()
            with suppress(_TakenBack), transaction.atomic():
                _insert(tried.row())
                raise _TakenBack
            Heartbeat.note("audit")
    except (Error, OSError):
        raise AuditUnavailable("The audit log takes no record.") from None


def settle(intent: AuditRecord, outcome: Outcome, version_id: str, why: str, by: Actor) -> Recorded:
    """Ends an intent in place of the request that made it.

    Raises AlreadyEnded when that request, or another settlement, was first, and AuditUnavailable.
    """

    def ensure_open() -> None:
        if outcome_of(intent.sequence):
            raise AlreadyEnded

    entry = NewRecord(
        phase=Phase.OUTCOME,
        action=intent.action,
        actor=Actor(intent.actor, intent.address),
        outcome=outcome,
        environment=intent.environment,
        secret=intent.secret,
        version_id=version_id,
        base_version_id=intent.base_version_id,
        keys=texts(intent.keys),
        reason=intent.reason,
        intent=str(intent.sequence),
        details={"settled_by": by.name, "why": why},
    )
    return append(entry, ensure_open)


def outcome_of(sequence: int) -> AuditRecord | None:
    """The record that ended an intent, None while it is open.

    Of two, the last counts: a request that was suspended and outlived its own settlement knows
    better than AWS could tell.
    """
    outcomes = AuditRecord.objects.filter(intent=str(sequence), phase=Phase.OUTCOME)
    return outcomes.order_by("-sequence").first()


def _ensure_first(idempotency_key: str) -> None:
    """Under the audit lock; the key as it is stored.

    An earlier intent that ended without effect does not count. Raises AlreadyIntended.
    """
    earlier = AuditRecord.objects.filter(once=idempotency_key, phase=Phase.INTENT)
    for sequence in earlier.values_list("sequence", flat=True):
        ended = outcome_of(sequence)
        if ended is None or ended.outcome == Outcome.DONE:
            raise AlreadyIntended(sequence)


def next_sequence() -> int:
    """The sequence of the record that is being added: for `in_transaction`, under the audit
    lock."""
    return _next()[0]


def _next() -> tuple[int, str]:
    """The sequence of the next record, and the hash of the one before it."""
    last = AuditRecord.objects.order_by("-sequence").values_list("sequence", "hash").first()
    return (last[0] + 1, last[1]) if last else (1, audit_chain.GENESIS)


def _insert(fields: Mapping[str, str]) -> Recorded:
    sequence, previous = _next()
    at = now()
    row = {"sequence": sequence, "at": at, **fields}
    digest = audit_chain.record_hash(
        audit_chain.start(settings.AUDIT_KEY), previous, [row[name] for name in audit_chain.FIELDS]
    )
    AuditRecord(**row, hash=digest).save(force_insert=True)
    index.follow(row)
    return Recorded(sequence, digest, at)


def now() -> str:
    """RFC 3339 in UTC, always 27 characters, so that texts sort as times do."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def texts(stored: str) -> list[str]:
    """A JSON member of a record, `keys` or `request_ids`, as a list."""
    return [str(item) for item in json.loads(stored)]


_LOGGED = ("phase", "action", "outcome", "actor", "environment", "secret")


def _log(recorded: Recorded, fields: Mapping[str, str]) -> None:
    """Sends the record's hash to the log stream, a second place that shows when the chain's tail
    was cut off."""
    checkpoint = {"sequence": recorded.sequence, "hash": recorded.hash, "count": recorded.sequence}
    extra = {"checkpoint": checkpoint, "audit": {name: fields[name] for name in _LOGGED}}
    log.info("audit record", extra=extra)
