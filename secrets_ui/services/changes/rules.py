"""What is asked of every change before anything is sent, whatever the form showed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from ...domain.changes.edit import Confirmed
from ...domain.environment import Environment
from ...domain.errors import ConsoleError, InvalidChange
from ...domain.people.actor import Actor
from ..audit.limits import Reserved
from ..audit.rate import RateLimit, ensure_rate


def ensure_rules_kept(environment: Environment, change: Confirmed) -> None:
    """The environment's rules, held on the server whatever the form showed.

    Raises InvalidChange.
    """
    ensure_reason(environment, change.reason)
    if environment.rules.type_the_name and change.typed_name != change.secret:
        raise InvalidChange(
            f"Type the secret's whole name, {change.secret}, to confirm a change in "
            f"{environment.name}.",
            key="typed_name",
        )


def ensure_reason(environment: Environment, reason: str) -> None:
    """Raises InvalidChange where the environment asks for a reason and there is none."""
    if environment.rules.reason_required and not reason.strip():
        raise InvalidChange(f"{environment.name} asks for a reason.", key="reason")


def ensure_not_too_many(environment: Environment, actor: Actor, name: str) -> None:
    """Raises TooMany, and records it."""
    _count(environment, actor, name)


@contextmanager
def counted_once(
    environment: Environment, actor: Actor, name: str, idempotency_key: str
) -> Iterator[None]:
    """The same around a change by a form: one that is sent twice is one change."""
    counted = _count(environment, actor, name, idempotency_key)
    try:
        yield
    except ConsoleError:
        # Had it taken effect, sending the form once more would be no change.
        counted.count_alone()
        raise


def _count(
    environment: Environment, actor: Actor, name: str, idempotency_key: str = ""
) -> Reserved:
    rate = RateLimit("changes", settings.WRITES_PER_MINUTE)
    return ensure_rate(rate, environment, actor, name, idempotency_key)
