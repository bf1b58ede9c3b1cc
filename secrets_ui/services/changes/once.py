"""One act for one form, however often the form is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ...domain.audit.actions import Action
from ...domain.changes.edit import Confirmed
from ...domain.environment import Environment
from ...domain.errors import ConsoleError
from ...domain.people.actor import Actor
from ...domain.secrets.secret_value import SecretValue
from .. import audit
from ..audit.new_record import About
from .idempotency import find_earlier, keyed, wait_for
from .recording import record_refusal
from .rules import counted_once


class Form(Confirmed, Protocol):
    @property
    def once(self) -> str:
        """The form's own key."""


@dataclass(frozen=True)
class Prepared:
    """`details` are those of the intent."""

    details: Mapping[str, object]
    carry_out: Callable[[audit.Act], None]


@dataclass(frozen=True)
class Plan:
    """`content` tells this act from another by the same form. `prepare` asks AWS, and raises
    `refusal` where there is nothing to do."""

    action: Action
    content: str
    prepare: Callable[[], Prepared]
    refusal: type[ConsoleError]


def act_once(environment: Environment, actor: Actor, form: Form, plan: Plan) -> int:
    """The sequence of the act's intent. Raises TooMany, AuditUnavailable, OutcomeUnknown and
    what the plan raises."""
    once = keyed(environment, actor, form.once, SecretValue(plan.content))
    with counted_once(environment, actor, form.secret, once):
        return _act(environment, actor, form, plan, once)


def _act(environment: Environment, actor: Actor, form: Form, plan: Plan, once: str) -> int:
    about: About = {"environment": environment.name, "secret": form.secret, "reason": form.reason}
    try:
        prepared = plan.prepare()
        on_record = audit.act(
            plan.action, actor, idempotency_key=once, details=prepared.details, **about
        )
        with on_record as act:
            prepared.carry_out(act)
    except audit.AlreadyIntended as earlier:
        return wait_for(earlier.sequence).sequence
    except plan.refusal as refusal:
        # The same form, sent twice: the first may have done it, or be at it.
        if done := find_earlier(once):
            return done.sequence
        record_refusal(plan.action, actor, refusal, **about)
        raise
    return act.sequence
