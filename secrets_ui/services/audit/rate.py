"""How many acts of a kind a person may begin in a minute."""

from dataclasses import dataclass

from ...domain.audit.actions import Action
from ...domain.environment import Environment
from ...domain.errors import TooMany
from ...domain.limits import Limit
from ...domain.people.actor import Actor
from .counted import refuse_counted
from .limits import Reserved, reserve


@dataclass(frozen=True)
class RateLimit:
    """`what` is the plural in the refusal's words."""

    what: str
    most: int


def ensure_rate(
    rate: RateLimit, environment: Environment, actor: Actor, secret: str, once: str = ""
) -> Reserved:
    """Counts one act, whatever becomes of it; those with the same `once` count as one.

    Raises TooMany and records it; AuditUnavailable.
    """
    if reserved := reserve(Limit(rate.what, rate.most, seconds=60), actor.name, once):
        return reserved
    refuse_counted(
        Action.LIMIT_RATE,
        actor,
        environment=environment.name,
        secret=secret,
        details={"why": f"too many {rate.what}"},
    )
    raise TooMany(rate.what, rate.most)
