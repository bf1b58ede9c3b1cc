"""Outcomes and refusals that saves and decisions record alike."""

from collections.abc import Mapping
from typing import NoReturn, Unpack

from ...domain.access.evidence import Known
from ...domain.audit.actions import Action, Outcome
from ...domain.environment import Environment
from ...domain.errors import AuditUnavailable, ConsoleError, NotPermitted, OutcomeUnknown
from ...domain.people.actor import Actor
from .. import audit
from ..audit.new_record import NO_DETAILS, About


def record_done(
    act: audit.Act,
    what: str,
    *,
    answer: Known[object] | None = None,
    version_id: str = "",
    details: Mapping[str, object] = NO_DETAILS,
) -> None:
    """Ends an act that AWS has carried out; `answer` is None where it was lost.

    Raises OutcomeUnknown where that cannot be recorded; the act then stays open until settle_audit
    asks AWS.
    """
    if answer:
        act.add_request(answer.call.request_id)
    try:
        act.done(version_id=version_id, details=details)
    except AuditUnavailable:
        raise OutcomeUnknown(f"AWS took {what}, but its outcome could not be recorded.") from None


def record_refusal(
    action: Action, actor: Actor, refusal: ConsoleError, **about: Unpack[About]
) -> None:
    """Records that a change was refused before anything was intended. Raises AuditUnavailable."""
    outcome = Outcome.CONFLICT if refusal.is_conflict else Outcome.REFUSED
    audit.record(action, actor, outcome, details={"why": refusal.message}, **about)


def refuse_person(
    environment: Environment, actor: Actor, secret: str, action: str, message: str
) -> NoReturn:
    """Raises NotPermitted, on record, for what this person in particular may not do."""
    audit.refuse_counted(
        Action.REFUSE_ACCESS,
        actor,
        environment=environment.name,
        secret=secret,
        details={"action": action},
    )
    raise NotPermitted(message)
