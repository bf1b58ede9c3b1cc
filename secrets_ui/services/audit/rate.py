"""How many acts of a kind a person may begin in a minute."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...domain.audit.actions import Action, Outcome, Phase
from ...domain.environment import Environment
from ...domain.errors import ConsoleError
from ...domain.people.actor import Actor
from ...models import AuditRecord
from .writing import record


@dataclass(frozen=True)
class RateLimit:
    """`what` is the plural in the refusal's message; `refusal` is the error that is raised."""

    actions: Collection[Action]
    most: int
    what: str
    refusal: type[ConsoleError]


def ensure_rate(limit: RateLimit, environment: Environment, actor: Actor, secret: str) -> None:
    """Raises `limit.refusal` and records it. Counted in the audit log, so over all workers."""
    since = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S")
    begun = AuditRecord.objects.filter(
        actor=actor.name, at__gte=since, phase=Phase.INTENT, action__in=limit.actions
    ).count()
    if begun < limit.most:
        return
    record(
        Action.LIMIT_RATE,
        actor,
        Outcome.REFUSED,
        environment=environment.name,
        secret=secret,
        details={"why": f"too many {limit.what}"},
    )
    raise limit.refusal(
        f"{begun} {limit.what} in the last minute; at most {limit.most} are allowed. Wait a minute."
    )
