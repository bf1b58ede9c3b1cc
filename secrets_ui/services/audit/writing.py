"""Writes the audit chain: no record, no act."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction

from ...domain.audit import chain as audit_chain
from ...domain.errors import AuditUnavailable
from ...domain.people.actor import Actor
from ...models import AuditRecord

log = logging.getLogger("miyabi.audit")
_LOCK = 0x6D697961  # any number that nobody else uses with pg_advisory_xact_lock on this database
_PATIENCE = "5s"  # for one's turn; a writer that hangs in its own must not hang everybody. SQLite has its own timeout in settings


class AlreadyIntended(Exception):
    """The same form was sent before: `sequence` is the intent that it led to."""

    def __init__(self, sequence: int) -> None:
        super().__init__(sequence)
        self.sequence = sequence


class AlreadyEnded(Exception):
    """The intent that was to be settled has an outcome by now."""


@dataclass(frozen=True)
class Recorded:
    """Where a record came to stand in the chain."""

    sequence: int
    hash: str


def record(action: str, actor: Actor, outcome: str = "done", **more: Any) -> Recorded:
    """An event that is over when it is told: a sign-in, a refusal, an export. Raises AuditUnavailable."""
    return _append(phase="event", action=action, outcome=outcome, actor=actor, **more)


def record_intent(action: str, actor: Actor, **more: Any) -> Recorded:
    """Announces a call to AWS; it is committed when this returns. Raises AuditUnavailable, and then the call must not be made;
    with `once`, AlreadyIntended when the same form has led to an intent before."""
    return _append(phase="intent", action=action, outcome="", actor=actor, **more)


def record_outcome(
    intent: Recorded, action: str, actor: Actor, outcome: str, **more: Any
) -> Recorded:
    """Ends an intent. Raises AuditUnavailable; the intent then stays open until settle_audit asks AWS."""
    return _append(
        phase="outcome",
        action=action,
        outcome=outcome,
        actor=actor,
        intent=str(intent.sequence),
        **more,
    )


def settle(intent: Recorded, action: str, actor: Actor, outcome: str, **more: Any) -> Recorded:
    """Ends an intent in the place of the request that made it. Raises AlreadyEnded when that one, or another settlement, was first."""
    return record_outcome(
        intent, action, actor, outcome, ensure=lambda: _ensure_open(intent.sequence), **more
    )


def _append(
    *, phase: str, action: str, outcome: str, actor: Actor, environment: str = "", secret: str = "", version_id: str = "",
    base_version_id: str = "", keys: Iterable[str] = (), reason: str = "", request_ids: Iterable[str] = (), intent: str = "",
    once: str = "", details: Mapping[str, Any] | None = None, ensure: Callable[[], None] = lambda: None,
) -> Recorded:  # fmt: skip
    fields = {
        "phase": phase, "action": action, "outcome": outcome, "actor": actor.name[:150], "address": actor.address[:45],
        "environment": environment[:20], "secret": secret[:512], "version_id": version_id, "base_version_id": base_version_id,
        "keys": _json(list(keys)), "reason": reason, "request_ids": _json([r for r in request_ids if r]), "intent": intent,
        "once": once, "details": _json({**_shell_of(actor), **(details or {})}),
    }  # fmt: skip
    try:
        with transaction.atomic(durable=True):
            _take_turn()
            if once:
                _ensure_first(once)
            ensure()
            recorded = _insert(fields)
    except (Error, OSError):
        raise AuditUnavailable("The record could not be added to the audit log.") from None
    _tell(recorded, fields)
    return recorded


def _shell_of(actor: Actor) -> dict[str, str]:
    """Every record of a command says whose shell it was, beside the account in whose name it was run."""
    return {"os_user": actor.os_user} if actor.os_user else {}


def _take_turn() -> None:
    """One writer at a time, over all processes and machines. SQLite: the transaction began IMMEDIATE (see settings)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _ensure_first(once: str) -> None:
    """Inside the turn: the same form, sent twice, finds the intent of the first. One that ended without effect does not count."""
    for sequence in AuditRecord.objects.filter(once=once, phase="intent").values_list(
        "sequence", flat=True
    ):
        ended = outcome_of(sequence)
        if ended is None or ended.outcome == "done":
            raise AlreadyIntended(sequence)


def _ensure_open(sequence: int) -> None:
    if outcome_of(sequence):
        raise AlreadyEnded


def outcome_of(sequence: int) -> AuditRecord | None:
    """The record that ended an intent, None while it is open. Of two the last counts: a request that outlived its own settlement
    (its machine was suspended, say) knows better than AWS could tell."""
    return (
        AuditRecord.objects.filter(intent=str(sequence), phase="outcome")
        .order_by("-sequence")
        .first()
    )


def _insert(fields: Mapping[str, str]) -> Recorded:
    last = AuditRecord.objects.order_by("-sequence").values_list("sequence", "hash").first()
    sequence, previous = (last[0] + 1, last[1]) if last else (1, audit_chain.GENESIS)
    row = {"sequence": sequence, "at": now(), **fields}
    digest = audit_chain.record_hash(
        audit_chain.start(settings.AUDIT_KEY), previous, [row[name] for name in audit_chain.FIELDS]
    )
    AuditRecord(**row, hash=digest).save(force_insert=True)
    return Recorded(sequence, digest)


def now() -> str:
    """RFC 3339 in UTC, always 27 characters, so that texts sort as times do."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _json(value: Any) -> str:
    """A key may hold half of a character, which JSON can spell and UTF-8 cannot: `backslashreplace` spells it as JSON does."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def texts(stored: str) -> list[str]:
    """A JSON member of a record, `keys` or `request_ids`, as a list."""
    return [str(item) for item in json.loads(stored)]


def _tell(recorded: Recorded, fields: Mapping[str, str]) -> None:
    """Each record goes to the log stream as well: a checkpoint in a second place, against which a cut-off tail is found."""
    shown = {
        name: fields[name]
        for name in ("phase", "action", "outcome", "actor", "environment", "secret")
    }
    log.info(
        "audit record",
        extra={
            "checkpoint": {
                "sequence": recorded.sequence,
                "hash": recorded.hash,
                "count": recorded.sequence,
            },
            "audit": shown,
        },
    )
