"""Somebody says that they know of a finding: it ends, and comes back only if it happens again."""

import json
from datetime import UTC, datetime

from ...checks.status import ACKNOWLEDGED
from ...domain.audit.actions import Action
from ...domain.environment import Environment
from ...domain.errors import InvalidInput
from ...domain.people.actor import Actor
from ...domain.status.status import StatusFinding
from ...models import Acknowledgement, StatusSnapshot
from .. import audit
from ..changes.rules import ensure_not_too_many
from .judge import Row
from .keep import findings_of, keep_rows, snapshots_to_change


class NotAcknowledged(InvalidInput):
    """A finding that is not there any more, or that nobody can acknowledge."""

    title = "Nothing was acknowledged"


def may_be_acknowledged(finding: StatusFinding) -> bool:
    return finding.check in ACKNOWLEDGED and finding.is_trouble


def acknowledge(environment: Environment, actor: Actor, secret: str, key: str, reason: str) -> int:
    """Ends a finding of a secret, or of the environment itself where `secret` is "". No AWS call.
    Returns the record's sequence.

    The record, the acknowledgement and what the pages show are one transaction. Raises
    NotAcknowledged, TooMany, AuditUnavailable.
    """
    if not reason.strip():
        raise NotAcknowledged("It needs a reason, which the page shows.", key="reason")
    ensure_not_too_many(environment, actor, secret)
    finding = _find(environment, secret, key)

    def carry_out() -> None:
        old = snapshots_to_change(environment.name)
        Acknowledgement.objects.get_or_create(
            environment=environment.name,
            secret=secret,
            claim=finding.check,
            about=finding.about,
            defaults={"actor": actor.name, "at": datetime.now(UTC), "reason": reason},
        )
        if snapshot := old.get(secret):
            row = Row(secret, findings_of(snapshot), json.loads(snapshot.remembered))
            keep_rows(environment.name, old, [row], snapshot.at, is_whole=False)

    return audit.record(
        Action.ACKNOWLEDGE,
        actor,
        environment=environment.name,
        secret=secret,
        reason=reason,
        details={"check": finding.check, "about": finding.about},
        in_transaction=carry_out,
    ).sequence


def _find(environment: Environment, secret: str, key: str) -> StatusFinding:
    found = StatusSnapshot.objects.filter(environment=environment.name, secret=secret).first()
    for finding in findings_of(found):
        if finding.key == key and may_be_acknowledged(finding):
            return finding
    raise NotAcknowledged("The finding is not there any more. Load the page again.")
