"""Pins a version under a name, and takes a pin off: a staging label of ours, moved on record."""

from dataclasses import dataclass

from ...domain.audit.actions import Action
from ...domain.environment import Environment
from ...domain.errors import NothingChanged, SecretNotEditable
from ...domain.people.actor import Actor
from ...domain.secrets.pins import PinTaken, pin_label, why_not_pinned
from ...domain.secrets.secret import Secret
from ...domain.session_scope import DECIDE
from .. import audit
from ..audit.new_record import About
from ..aws_access import gateways
from .labels import move_label
from .recording import record_done, record_refusal
from .rules import ensure_not_too_many, ensure_rules_kept


@dataclass(frozen=True)
class Pin:
    """A pin that somebody wants on a version, or off it.

    `moves_from` is the version that may lose it, "" where no other may have it.
    """

    secret: str
    version: str
    name: str
    reason: str = ""
    moves_from: str = ""
    typed_name: str = ""

    @property
    def label(self) -> str:
        return pin_label(self.name)


def pin(environment: Environment, actor: Actor, wanted: Pin) -> int:
    """Two calls to Secrets Manager. Returns the sequence of the act's intent.

    Raises InvalidChange, PinTaken, SecretNotEditable, NothingChanged, TooMany,
    AuditUnavailable, OutcomeUnknown and AwsErrors.
    """
    return _carry_out(environment, actor, Action.PIN, wanted)


def unpin(environment: Environment, actor: Actor, wanted: Pin) -> int:
    """As `pin`, which alone raises PinTaken."""
    return _carry_out(environment, actor, Action.UNPIN, wanted)


def _carry_out(environment: Environment, actor: Actor, action: Action, wanted: Pin) -> int:
    name, label = environment.secret_name(wanted.secret), wanted.label
    ensure_rules_kept(environment, wanted)
    ensure_not_too_many(environment, actor, name)
    gateway = gateways(environment, actor, DECIDE.of(name)).secrets_manager
    about = About(
        environment=environment.name, secret=name, version_id=wanted.version, reason=wanted.reason
    )
    ensure = _ensure_pinnable if action == Action.PIN else _ensure_pinned
    try:
        off = ensure(gateway.describe_secret(name).value, wanted)
    except (SecretNotEditable, PinTaken) as refusal:
        record_refusal(action, actor, refusal, **about)
        raise
    to = wanted.version if action == Action.PIN else ""
    details = {"label": label, "from": off}
    with audit.act(action, actor, details=details, **about) as act:
        act.add_request(move_label(gateway, name, label, to=to, off=off, deadline=act.deadline))
        record_done(act, "the label")
    return act.sequence


def _ensure_pinnable(secret: Secret, wanted: Pin) -> str:
    """The version that loses the pin, "" for none."""
    if why := why_not_pinned(secret, wanted.label):
        raise SecretNotEditable(why)
    taken = secret.version_with(wanted.label)
    if taken == wanted.version:
        raise NothingChanged("This version has that pin already.")
    if taken not in ("", wanted.moves_from):
        raise PinTaken(wanted.name, taken)
    return taken


def _ensure_pinned(secret: Secret, wanted: Pin) -> str:
    """The version that loses the pin. Raises NothingChanged where somebody else has taken it."""
    if secret.version_with(wanted.label) != wanted.version:
        raise NothingChanged("This version does not have that pin any more.")
    return wanted.version
