"""Schedules the deletion of a secret, and cancels a scheduled one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.access.evidence import Known
from ...domain.audit.actions import Action
from ...domain.changes.deletion import Cancellation, Deletion
from ...domain.environment import Environment
from ...domain.errors import ConsoleError, InvalidChange, SecretNotEditable
from ...domain.people.actor import Actor
from ...domain.secrets.secret import Secret
from ...domain.secrets.secret_value import SecretValue
from ...domain.session_scope import CANCEL_DELETION, DELETE
from .. import audit
from ..audit.new_record import NO_DETAILS
from ..aws_access import gateways
from .describe import ensure_there
from .idempotency import find_earlier, keyed, wait_for
from .recording import record_done, record_refusal
from .rules import ensure_not_too_many, ensure_rules_kept
from .sending import send


def delete_secret(environment: Environment, actor: Actor, wanted: Deletion) -> int:
    """Returns the sequence of the intent. Everywhere it takes a reason and the typed name.

    Raises InvalidChange, SecretNotEditable, TooManyWrites, AuditUnavailable, OutcomeUnknown,
    AwsErrors.
    """
    _ensure_meant(wanted)
    gateway = gateways(environment, actor, DELETE.of(wanted.secret)).secrets_manager

    def delete(act: audit.Act) -> None:
        days, deadline = wanted.days, act.deadline
        call = partial(gateway.delete_secret, wanted.secret, days=days, deadline=deadline)
        answer = send(gateway, wanted.secret, call, is_scheduled)
        details = {"deleted_after": answer.value.isoformat()} if answer else NO_DETAILS
        _end(act, answer, "the deletion", details)

    details = {"recovery_window_days": wanted.days}
    plan = _Plan(Action.DELETE, ensure_there, delete, details)
    return _once(gateway, actor, wanted, plan)


def cancel_deletion(environment: Environment, actor: Actor, wanted: Cancellation) -> int:
    """Returns the sequence of the intent. Raises as `delete_secret` does."""
    ensure_rules_kept(environment, wanted)
    gateway = gateways(environment, actor, CANCEL_DELETION.of(wanted.secret)).secrets_manager

    def cancel(act: audit.Act) -> None:
        call = partial(gateway.restore_secret, wanted.secret, deadline=act.deadline)
        answer = send(gateway, wanted.secret, call, lambda secret: not is_scheduled(secret))
        _end(act, answer, "the cancellation")

    plan = _Plan(Action.CANCEL_DELETION, _ensure_scheduled, cancel, NO_DETAILS)
    return _once(gateway, actor, wanted, plan)


def is_scheduled(secret: Secret) -> bool:
    return secret.deleted is not None


def _ensure_meant(wanted: Deletion) -> None:
    if not wanted.reason.strip():
        raise InvalidChange("A deletion takes a reason, everywhere.", key="reason")
    if wanted.typed_name != wanted.secret:
        raise InvalidChange(
            f"Type the secret's whole name, {wanted.secret}, to delete it.", key="typed_name"
        )


def _ensure_scheduled(secret: Secret) -> None:
    if not is_scheduled(secret):
        raise SecretNotEditable("It is not scheduled for deletion.")


def _end(
    act: audit.Act, answer: Known[Any] | None, what: str, details: Mapping[str, object] = NO_DETAILS
) -> None:
    if answer:
        act.add_request(answer.call.request_id)
    record_done(act, what, details=details)


@dataclass(frozen=True)
class _Plan:
    """`ensure` raises SecretNotEditable where there is nothing to do."""

    action: Action
    ensure: Callable[[Secret], None]
    carry_out: Callable[[audit.Act], None]
    details: Mapping[str, object]


def _once(
    gateway: SecretsManagerGateway, actor: Actor, wanted: Deletion | Cancellation, plan: _Plan
) -> int:
    """One act for one form; the sequence of its intent."""
    environment = gateway.environment
    content = SecretValue(f"{plan.action} {wanted.secret} {dict(plan.details)}")
    once = keyed(environment, actor, wanted.once, content)
    counted = ensure_not_too_many(environment, actor, wanted.secret, once)
    try:
        return _act(gateway, actor, wanted, plan, once)
    except ConsoleError:
        # Had it taken effect, sending the form once more would be no change.
        counted.count_alone()
        raise


def _act(
    gateway: SecretsManagerGateway,
    actor: Actor,
    wanted: Deletion | Cancellation,
    plan: _Plan,
    once: str,
) -> int:
    about: dict[str, Any] = {
        "environment": gateway.environment.name,
        "secret": wanted.secret,
        "reason": wanted.reason,
    }
    try:
        plan.ensure(gateway.describe_secret(wanted.secret).value)
        on_record = audit.act(
            plan.action, actor, idempotency_key=once, details=plan.details, **about
        )
        with on_record as act:
            plan.carry_out(act)
    except audit.AlreadyIntended as earlier:
        return wait_for(earlier.sequence).sequence
    except SecretNotEditable as refusal:
        # The same form, sent twice, has been there before.
        if done := find_earlier(once):
            return done.sequence
        record_refusal(plan.action, actor, refusal, **about)
        raise
    return act.sequence
