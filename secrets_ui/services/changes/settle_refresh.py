"""What became of an act that was to start fresh instances: the marker in the function's
configuration shows it."""

import json
from dataclasses import dataclass
from datetime import datetime

from ...domain.access.evidence import FunctionConfiguration
from ...domain.audit.actions import Action, Outcome, Phase
from ...domain.changes.refresh import mark_of
from ...domain.environment import Environment
from ...domain.errors import ThingNotFound
from ...domain.people.actor import CONSOLE
from ...domain.session_scope import LOOK_AT_FUNCTION
from ...models import AuditRecord
from ..aws_access import gateways


@dataclass(frozen=True)
class Shown:
    """What AWS shows of an open intent. `answered_at` is AWS's time, `version` the version that the
    act made, "" where it made none."""

    outcome: Outcome
    why: str
    answered_at: datetime | None
    version: str = ""


def ask_lambda(environment: Environment, intent: AuditRecord) -> Shown:
    """Raises AwsErrors."""
    gateway = gateways(environment, CONSOLE, LOOK_AT_FUNCTION).lambda_
    try:
        found = gateway.get_function_configuration(intent.parsed_details["function"])
    except ThingNotFound as gone:
        return Shown(Outcome.UNKNOWN, "the function is gone", gone.call.answered_at)
    outcome, why = _judge(intent, found.value)
    return Shown(outcome, why, found.call.answered_at)


def _judge(intent: AuditRecord, function: FunctionConfiguration) -> tuple[Outcome, str]:
    """The outcome, and why.

    A marker that was there before the act is proof that nothing came of it: nobody puts an earlier
    one back. Its absence is proof only while nobody has changed the configuration since, for
    whoever replaces the variables may have taken the marker away.
    """
    mark, before = mark_of(intent.hash), intent.parsed_details
    if function.mark == mark or mark in _found_later(intent):
        return Outcome.DONE, "the function has, or had, its marker"
    if function.unreadable:
        return Outcome.UNKNOWN, "AWS cannot decrypt the function's variables any more"
    is_as_before = function.mark == before["was"]
    if is_as_before and (before["was"] or function.revision == before["revision"]):
        return Outcome.NOT_APPLIED, "the function does not have its marker"
    return Outcome.UNKNOWN, "somebody else has changed the function's configuration since"


def _found_later(intent: AuditRecord) -> set[str]:
    """The markers that later acts found before they set their own."""
    later = AuditRecord.objects.filter(
        environment=intent.environment,
        action=Action.REFRESH,
        phase=Phase.INTENT,
        sequence__gt=intent.sequence,
    )
    return {str(json.loads(details)["was"]) for details in later.values_list("details", flat=True)}
