"""Settles open intents by asking AWS: an intent without an outcome is never guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast

from ..aws.secrets_manager import SecretsManagerGateway
from ..domain.actor import CONSOLE, Actor
from ..domain.audit_chain import version_id_of
from ..domain.errors import AwsError, EnvironmentNotFound, SecretNotFound
from ..domain.environment import Environment
from ..domain.secret import AWSCURRENT, AWSPREVIOUS, EDIT_LABEL, PROPOSAL_LABEL, Secret, SecretVersion
from ..models import AuditRecord
from . import audit, estate
from .aws_access import secrets_manager
from .swap import take_label_off

# A live save swaps within edit_secret.SAVE_DEADLINE (30 s), and its last call ends, retries included, within 25 s more.
SETTLE_AFTER = 90  # seconds


@dataclass(frozen=True)
class Settled:
    """What became of one intent; `outcome` is "" where AWS could not tell, and the intent stays open."""

    sequence: int
    action: str
    outcome: str
    why: str


def open_intents(min_age: int = 0) -> list[AuditRecord]:
    """Intents without an outcome, oldest first, that are at least `min_age` seconds old."""
    ends = AuditRecord.objects.filter(phase="outcome", intent=OuterRef("text"))
    before = (datetime.now(UTC) - timedelta(seconds=min_age)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    records = AuditRecord.objects.annotate(text=Cast("sequence", CharField()))
    return list(records.filter(~Exists(ends), phase="intent", at__lte=before).order_by("sequence"))


def settle_audit(min_age: int = SETTLE_AFTER) -> Iterator[Settled]:
    """Ends each open intent that AWS can tell about. Raises AuditUnavailable."""
    for intent in open_intents(min_age):
        yield _settle(intent)


def _settle(intent: AuditRecord) -> Settled:
    if intent.action == "value.read":
        # Whether AWS handed the value out cannot be asked, and the process that got it is gone.
        return _end(intent, "unknown", "the console ended before the answer was recorded")
    try:
        gateway = secrets_manager(estate.get_environment(intent.environment), CONSOLE)
        outcome, why = _ask(gateway, intent)
    except SecretNotFound:
        outcome, why = "not_applied", "the secret is gone"
    except (AwsError, EnvironmentNotFound) as error:
        return Settled(intent.sequence, intent.action, "", error.message)
    return _end(intent, outcome, why) if outcome else Settled(intent.sequence, intent.action, "", why)


def _ask(gateway: SecretsManagerGateway, intent: AuditRecord) -> tuple[str, str]:
    """The outcome, or "" while AWS cannot tell, and why."""
    token = _version_of(intent)
    version = next((v for v in gateway.list_secret_version_ids(intent.secret) if v.version_id == token), None)
    if version is None:
        return "not_applied", "AWS has no such version"
    return _judge(intent, version)


def _judge(intent: AuditRecord, version: SecretVersion) -> tuple[str, str]:
    is_labelled = any(label.startswith((EDIT_LABEL, PROPOSAL_LABEL)) for label in version.labels)
    if intent.action == "secret.propose":
        return "done", "the proposed version is there"
    if intent.action == "secret.reject":
        return ("not_applied", "its label is still on") if is_labelled else ("done", "its label is off")
    if {AWSCURRENT, AWSPREVIOUS} & set(version.labels) or _was_built_on(version.version_id):
        return "done", "the version was made current"
    if is_labelled:
        return "not_applied", "the version was made, but never current"
    return "", "the version is there without a label, so it may have been current for a while"


def _version_of(intent: AuditRecord) -> str:
    """A save's version is named by its intent's hash; a decision names the version that it is about."""
    return intent.version_id or version_id_of(intent.hash, settings.VERSION_ID_FORMAT)


def _was_built_on(version: str) -> bool:
    """A later save that started from it proves that it was current, whatever labels it has lost."""
    return AuditRecord.objects.filter(base_version_id=version, phase="outcome", outcome="done").exists()


def _end(intent: AuditRecord, outcome: str, why: str) -> Settled:
    audit.record_outcome(
        audit.Recorded(intent.sequence, intent.hash), intent.action, Actor(intent.actor, intent.address), outcome,
        environment=intent.environment, secret=intent.secret, base_version_id=intent.base_version_id, keys=json.loads(intent.keys),
        version_id=_version_of(intent) if outcome == "done" else intent.version_id, reason=intent.reason,
        details={"settled_by": CONSOLE.name, "why": why},
    )  # fmt: skip
    return Settled(intent.sequence, intent.action, outcome, why)


def sweep_labels(environment: Environment) -> list[str]:
    """Takes off labels of edits that have an outcome on record; such a label stayed when the process ended or AWS was away. Returns the
    secrets' names. Raises AwsError."""
    gateway = secrets_manager(environment, CONSOLE)
    swept, token = [], ""
    while True:
        page = gateway.list_secrets(token=token)
        swept += [secret.name for secret in page.secrets if _sweep(gateway, secret)]
        token = page.next_token
        if not token:
            return swept


def _sweep(gateway: SecretsManagerGateway, secret: Secret) -> bool:
    left = [(version, label) for version, labels in secret.versions.items() for label in labels if label.startswith(EDIT_LABEL)]
    ended = [(version, label) for version, label in left if _has_outcome(version)]
    for version, label in ended:
        take_label_off(gateway, secret.name, label, version)
    return bool(ended)


def _has_outcome(version: str) -> bool:
    """UUID-formed ids carry the hash without its end, and with hyphens."""
    start = version.replace("-", "")
    intent = AuditRecord.objects.filter(hash__startswith=start, phase="intent").first()
    return intent is not None and AuditRecord.objects.filter(intent=str(intent.sequence), phase="outcome").exists()
