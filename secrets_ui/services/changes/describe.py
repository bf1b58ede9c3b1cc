"""Changes a secret's description and tags: up to three calls, each an act of its own on record."""

from collections.abc import Mapping
from functools import partial

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.access.evidence import Known
from ...domain.audit.actions import Action
from ...domain.changes.description import Description, Part, Step, digest_of, is_done, steps
from ...domain.environment import Environment
from ...domain.errors import NothingChanged, SecretNotEditable, VersionMoved
from ...domain.people.actor import Actor
from ...domain.secrets.secret import Secret, why_closed
from ...domain.session_scope import DESCRIBE_ANEW
from .. import audit
from ..aws_access import gateways
from .recording import record_done
from .rules import ensure_not_too_many, ensure_rules_kept
from .sending import send

ACTIONS: Mapping[Part, Action] = {
    "description": Action.DESCRIBE,
    "tags": Action.TAG,
    "tags taken off": Action.UNTAG,
}


def describe_anew(environment: Environment, actor: Actor, wanted: Description) -> int:
    """Returns the sequence of the last act's intent.

    Raises VersionMoved where the description or the tags are no longer those that the page showed,
    NothingChanged, InvalidChange, SecretNotEditable, TooMany, AuditUnavailable,
    OutcomeUnknown, AwsErrors. What was done before an error is done, and on record.
    """
    name = environment.secret_name(wanted.secret)
    ensure_rules_kept(environment, wanted)
    ensure_not_too_many(environment, actor, name)
    gateway = gateways(environment, actor, DESCRIBE_ANEW.of(name)).secrets_manager
    secret = gateway.describe_secret(name).value
    ensure_there(secret)
    if digest_of(secret) != wanted.seen:
        raise VersionMoved("Its description or its tags are others now.")
    sequences = [_take(gateway, actor, wanted, step) for step in steps(secret, wanted)]
    if not sequences:
        raise NothingChanged("Description and tags are the same as before.")
    return sequences[-1]


def ensure_there(secret: Secret) -> None:
    """Raises SecretNotEditable for a secret of somebody else's, or one that is to be deleted."""
    if why := why_closed(secret):
        raise SecretNotEditable(why)


def _take(gateway: SecretsManagerGateway, actor: Actor, wanted: Description, step: Step) -> int:
    with audit.act(
        ACTIONS[step.part],
        actor,
        environment=gateway.environment.name,
        secret=wanted.secret,
        reason=wanted.reason,
        details={"to": dict(step.to), "was": dict(step.was)},
    ) as act:
        answer = send(
            gateway,
            wanted.secret,
            partial(_call, gateway, wanted, step, act),
            lambda secret: is_done(secret, step.part, step.to, step.was),
        )
        record_done(act, f"the change of the {step.part}", answer=answer)
    return act.sequence


def _call(
    gateway: SecretsManagerGateway, wanted: Description, step: Step, act: audit.Act
) -> Known[None]:
    if step.part == "description":
        return gateway.update_secret(wanted.secret, description=wanted.text, deadline=act.deadline)
    if step.part == "tags taken off":
        return gateway.untag_resource(wanted.secret, step.to, act.deadline)
    tags = {key: wanted.tags[key] for key in step.to}
    return gateway.tag_resource(wanted.secret, tags, act.deadline)
