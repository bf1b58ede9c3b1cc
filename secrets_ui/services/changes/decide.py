"""Decides on proposals: an approval is the compare-and-swap, by somebody else; a rejection takes
the label off, and so does the end of what waited too long."""

import logging
from contextlib import suppress

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.audit.actions import Action
from ...domain.deadline import Deadline
from ...domain.environment import Environment
from ...domain.errors import AwsError, OutcomeUnknown, SecretNotEditable, SecretNotFound
from ...domain.people.actor import CONSOLE, Actor
from ...domain.secrets.secret import PROPOSAL_LABEL, Secret, ensure_current_version, ensure_editable
from ...domain.secrets.version import VersionConflict
from ...domain.session_scope import DECIDE
from ...models import AuditRecord
from .. import audit
from ..audit.new_record import NO_DETAILS, About
from ..aws_access import gateways
from .labels import move_label
from .proposals import days_text, oldest_alive, undecided, why_stale
from .recording import record_done, record_refusal, refuse_person
from .rules import ensure_not_too_many
from .swap import end_rotation, rotation_to_end, swap_current, take_label_off

log = logging.getLogger("miyabi.settle")


def approve(environment: Environment, actor: Actor, record: AuditRecord) -> AuditRecord:
    """Makes a proposal current, whose `record` was found to wait; returns it.

    Raises NotPermitted for one's own, VersionConflict, SecretNotEditable, also where somebody
    decided meanwhile, AwsErrors and the rest.
    """
    if record.actor == actor.name:
        why = "You proposed this change, so somebody else has to approve it."
        refuse_person(environment, actor, record.secret, "approve one's own proposal", why)
    return make_current(environment, actor, record)


def make_current(
    environment: Environment, actor: Actor, record: AuditRecord, emergency: str = ""
) -> AuditRecord:
    """Makes a proposal current, as an approval, or as an emergency for that reason.

    Raises VersionConflict, SecretNotEditable, TooMany, AwsErrors and the rest.
    """
    action = Action.EMERGENCY if emergency else Action.APPROVE
    ensure_not_too_many(environment, actor, record.secret)
    gateway = gateways(environment, actor, DECIDE.of(record.secret)).secrets_manager
    secret = gateway.describe_secret(record.secret).value
    try:
        _ensure_fresh(environment, secret, record)
    except (SecretNotEditable, VersionConflict) as refusal:
        about = _about(record) | About(reason=emergency or record.reason)
        record_refusal(action, actor, refusal, **about)
        raise
    _decide(gateway, actor, record, action, emergency or record.reason, secret)
    return record


def _ensure_fresh(environment: Environment, secret: Secret, record: AuditRecord) -> None:
    """A proposal is approved only as it was proposed. Raises SecretNotEditable, VersionConflict.

    It has its label already, so a secret that is full of labels is no obstacle.
    """
    ensure_editable(secret, adds_label=False)
    ensure_current_version(secret, record.base_version_id)
    if why := why_stale(environment, record, secret):
        raise SecretNotEditable(why)


def reject(environment: Environment, actor: Actor, record: AuditRecord, reason: str = "") -> int:
    """Takes a proposal's label off, so that AWS collects its version in time. People may reject
    their own. Returns the sequence of the act's intent.

    Raises SecretNotEditable when somebody decided meanwhile, AwsErrors, AuditUnavailable,
    OutcomeUnknown.
    """
    gateway = gateways(environment, actor, DECIDE.of(record.secret)).secrets_manager
    return _decide(gateway, actor, record, Action.REJECT, reason)


def end_old_proposals(environment: Environment) -> list[str]:
    """Rejects, in the console's own name, the proposals that have waited too long here.

    Returns the secrets' names. What cannot be ended now stays for the next time. Raises
    AuditUnavailable.
    """
    old = undecided(environment).filter(at__lt=oldest_alive(environment)).order_by("sequence")
    return [record.secret for record in old if _end(environment, record)]


def _end(environment: Environment, record: AuditRecord) -> bool:
    """Whether the proposal was ended. AWS takes no label off a secret that is to be deleted."""
    gateway = gateways(environment, CONSOLE, DECIDE.of(record.secret)).secrets_manager
    reason = f"Nobody decided on it for {days_text(environment)}."
    try:
        with suppress(SecretNotFound):
            if gateway.describe_secret(record.secret).value.deleted:
                return False
        _decide(gateway, CONSOLE, record, Action.REJECT, reason)
    except (AwsError, SecretNotEditable, OutcomeUnknown) as error:
        extra = {"secret": record.secret, "proposal": record.intent, "why": error.message}
        log.warning("an old proposal was not ended", extra=extra)
        return False
    return True


def _about(record: AuditRecord) -> About:
    return {
        "environment": record.environment,
        "secret": record.secret,
        "version_id": record.version_id,
        "base_version_id": record.base_version_id,
        "keys": audit.texts(record.keys),
        "reason": record.reason,
    }


def _decide(
    gateway: SecretsManagerGateway,
    actor: Actor,
    record: AuditRecord,
    action: Action,
    reason: str,
    secret: Secret | None = None,
) -> int:
    """Returns the intent's sequence. `reason` is the rejection's or the emergency's, or the
    proposal's own for an approval; `secret` is as it is before it is changed."""
    label = f"{PROPOSAL_LABEL}{record.version_id[:12]}"
    # One decision on a proposal at a time, whoever makes it.
    key = f"decide-{record.intent}"
    try:
        # With the intent, so that a decision that is settled later has it too.
        announced = {"proposed_by": record.actor, **(rotation_to_end(secret) if secret else {})}
        about = _about(record) | About(reason=reason)
        with audit.act(action, actor, idempotency_key=key, details=announced, **about) as act:
            ended = end_rotation(gateway, secret, act) if secret else NO_DETAILS
            act.add_request(_carry_out(gateway, record, action, label, act.deadline))
            record_done(act, "the decision", details=ended)
    except audit.AlreadyIntended:
        raise SecretNotEditable("This decision is being carried out already.") from None
    if action != Action.REJECT:
        take_label_off(gateway, record.secret, label, record.version_id)
    return act.sequence


def _carry_out(
    gateway: SecretsManagerGateway,
    record: AuditRecord,
    action: Action,
    label: str,
    deadline: Deadline,
) -> str:
    """Returns the request id. Raises VersionConflict, OutcomeUnknown, AwsErrors."""
    if action != Action.REJECT:
        return swap_current(
            gateway,
            record.secret,
            base=record.base_version_id,
            to=record.version_id,
            deadline=deadline,
        )
    return move_label(gateway, record.secret, label, off=record.version_id, deadline=deadline)
