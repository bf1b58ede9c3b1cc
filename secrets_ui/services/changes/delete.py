"""Schedules the deletion of a secret, and cancels a scheduled one."""

from collections.abc import Callable
from functools import partial

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.audit.actions import Action
from ...domain.changes.deletion import Cancellation, Deletion
from ...domain.environment import Environment
from ...domain.errors import InvalidChange, SecretNotEditable
from ...domain.people.actor import Actor
from ...domain.secrets.secret import Secret
from ...domain.session_scope import CANCEL_DELETION, DELETE
from .. import audit
from ..audit.new_record import NO_DETAILS
from ..aws_access import gateways
from .describe import ensure_there
from .once import Plan, Prepared, act_once
from .recording import record_done
from .rules import ensure_rules_kept
from .sending import send


def delete_secret(environment: Environment, actor: Actor, wanted: Deletion) -> int:
    """Returns the sequence of the intent. Everywhere it takes a reason and the typed name.

    Raises InvalidChange, SecretNotEditable, TooMany, AuditUnavailable, OutcomeUnknown,
    AwsErrors.
    """
    _ensure_meant(wanted)
    gateway = gateways(environment, actor, DELETE.of(wanted.secret)).secrets_manager

    def delete(act: audit.Act) -> None:
        days, deadline = wanted.days, act.deadline
        call = partial(gateway.delete_secret, wanted.secret, days=days, deadline=deadline)
        answer = send(gateway, wanted.secret, call, is_scheduled)
        details = {"deleted_after": answer.value.isoformat()} if answer else NO_DETAILS
        record_done(act, "the deletion", answer=answer, details=details)

    details = {"recovery_window_days": wanted.days}
    prepared = Prepared(details, delete)
    return _once(gateway, actor, wanted, Action.DELETE, ensure_there, prepared)


def cancel_deletion(environment: Environment, actor: Actor, wanted: Cancellation) -> int:
    """Returns the sequence of the intent. Raises as `delete_secret` does."""
    ensure_rules_kept(environment, wanted)
    gateway = gateways(environment, actor, CANCEL_DELETION.of(wanted.secret)).secrets_manager

    def cancel(act: audit.Act) -> None:
        call = partial(gateway.restore_secret, wanted.secret, deadline=act.deadline)
        answer = send(gateway, wanted.secret, call, lambda secret: not is_scheduled(secret))
        record_done(act, "the cancellation", answer=answer)

    prepared = Prepared(NO_DETAILS, cancel)
    return _once(gateway, actor, wanted, Action.CANCEL_DELETION, _ensure_scheduled, prepared)


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


def _once(
    gateway: SecretsManagerGateway,
    actor: Actor,
    wanted: Deletion | Cancellation,
    action: Action,
    ensure: Callable[[Secret], None],
    prepared: Prepared,
) -> int:
    """`ensure` raises SecretNotEditable where there is nothing to do."""

    def prepare() -> Prepared:
        ensure(gateway.describe_secret(wanted.secret).value)
        return prepared

    content = f"{action} {wanted.secret} {dict(prepared.details)}"
    plan = Plan(action, content, prepare, SecretNotEditable)
    return act_once(gateway.environment, actor, wanted, plan)
