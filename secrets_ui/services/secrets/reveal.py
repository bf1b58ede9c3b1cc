"""Shows one value to one person: on record before AWS is asked, and again before the value is handed out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from ...aws.secrets_manager import StoredValue
from ...domain.access.evidence import Known
from ...domain.environment import Environment
from ...domain.errors import (
    AwsError,
    ConsoleError,
    InvalidChange,
    InvalidDocument,
    NotPermitted,
    TooManyReveals,
    VersionMoved,
)
from ...domain.people.actor import Actor
from ...domain.secrets.document import parse_document
from ...domain.secrets.secret_value import SecretValue
from ...domain.session_scope import READ
from ...models import AuditRecord
from .. import audit, configuration
from ..aws_access import gateways
from .reveal_debt import REVEAL


@dataclass(frozen=True, repr=False)
class Revealed:
    """`kind` is the JSON type. `sequence` is the intent's record."""

    key: str
    value: SecretValue
    kind: str
    sequence: int


def asks_for_reason(environment: Environment, name: str, key: str) -> bool:
    """A key that the catalogue calls not secret needs none; one that it does not know is secret."""
    rules = configuration.spec_of(environment, name).key(key)
    return rules is None or rules.secret


def reveal_key(
    environment: Environment,
    actor: Actor,
    name: str,
    key: str,
    version: str,
    *,
    reason: str,
    to: str,
) -> Revealed:
    """The value of `key` in `version`, when that is the current one. `to` is "screen" or "clipboard".

    Raises NotPermitted where the environment is write-only, InvalidChange without a reason or the key, TooManyReveals, VersionMoved,
    AuditUnavailable (then nothing was asked of AWS, or nothing is handed out), AwsErrors. One call.
    """
    name = environment.secret_name(name)
    where = {
        "environment": environment.name,
        "secret": name,
        "version_id": version,
        "keys": [key],
        "reason": reason,
    }
    if not environment.rules.reveal:
        audit.record(
            REVEAL, actor, "refused", **where, details={"why": "the environment is write-only"}
        )
        raise NotPermitted(
            f"No value is ever shown in {environment.name}.", remedy="Set a new value instead."
        )
    if asks_for_reason(environment, name, key) and not reason.strip():
        raise InvalidChange(
            "Say why you need to see the value. It is kept in the audit record.", key="reason"
        )
    _ensure_not_too_many(environment, actor, name)
    intent = audit.record_intent(REVEAL, actor, **where, details={"to": to})
    stored = _read(environment, actor, intent, where)
    try:
        value, kind = _member(stored.value, key, version)
    except ConsoleError as refusal:
        audit.record_outcome(
            intent, REVEAL, actor, "not_applied", **where, details={"why": refusal.message}
        )
        raise
    audit.record_outcome(
        intent, REVEAL, actor, "done", **where, request_ids=[stored.call.request_id]
    )
    return Revealed(key, value, kind, intent.sequence)


def _ensure_not_too_many(environment: Environment, actor: Actor, name: str) -> None:
    """Counted in the audit table, so over all workers."""
    since = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S")
    shown = AuditRecord.objects.filter(
        actor=actor.name, at__gte=since, phase="intent", action=REVEAL
    ).count()
    if shown >= settings.REVEALS_PER_MINUTE:
        details = {"why": "too many values shown"}
        audit.record(
            "rate.limited",
            actor,
            "refused",
            environment=environment.name,
            secret=name,
            details=details,
        )
        raise TooManyReveals(
            f"{shown} values in the last minute; at most {settings.REVEALS_PER_MINUTE} are allowed. Wait a minute."
        )


def _read(
    environment: Environment, actor: Actor, intent: audit.Recorded, where: dict[str, Any]
) -> Known[StoredValue]:
    gateway = gateways(environment, actor, READ.of(where["secret"])).secrets_manager
    try:
        return gateway.get_secret_value(where["secret"], where["version_id"])
    except AwsError as error:
        told = {
            "request_ids": [error.call.request_id],
            "details": {"code": error.call.code, "why": error.message},
        }
        audit.record_outcome(intent, REVEAL, actor, "failed", **where, **told)
        raise


def _member(stored: StoredValue, key: str, version: str) -> tuple[SecretValue, str]:
    """Without a key, the whole of a text that is no object. A text comes as it is; anything else as it is written in the document. Raises
    VersionMoved, InvalidDocument, InvalidChange."""
    if "AWSCURRENT" not in stored.labels:
        raise VersionMoved(
            f"Version {version[:8]} is not the current one any more, so its value is not shown."
        )
    if stored.value is None:
        raise InvalidChange("This version is binary and has no keys.")
    try:
        member = parse_document(stored.value.reveal()).get(key)
    except InvalidDocument:
        if not key:
            return stored.value, "text"
        raise
    if member is None:
        raise InvalidChange(f"The current version has no key {key[:100]}.", key="key")
    is_text = member.text.startswith('"')
    return SecretValue(str(member.value) if is_text else member.text), "text" if is_text else "JSON"
