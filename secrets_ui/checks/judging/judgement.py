"""Judges one side of a decision, and whether another check already explains a refusal."""

from collections.abc import Callable
from typing import Literal

from ...domain.access.evidence import AccessEvidence, Missing
from ...domain.access.path import Answer
from ...domain.access.sides import near_misses
from ...domain.iam import Decision, Evaluation, Request
from ..traps.find import find_traps, lacks_secrets_access, repaired

Side = Callable[[Request], Evaluation]
Ask = Callable[[AccessEvidence], Answer]


class Judgement:
    """The outcome, and the evaluation behind it.

    For "refused", the evaluation is the one after the faults that other checks name are repaired.
    """

    def __init__(self, evidence: AccessEvidence, ask: Ask, side: Side) -> None:
        self.answer = ask(evidence)
        self.request = self.answer.request
        self.evaluation = _evaluate(self.answer, side)
        self.outcome: Literal["allowed", "explained", "refused", "unknown"] = "unknown"
        if self.evaluation is None:
            return
        if self.evaluation.is_allowed:
            self.outcome = "allowed"
            return
        rest = _evaluate(ask(repaired(evidence)), side)
        if rest is not None and rest.is_allowed and not near_misses(rest):
            self.outcome = "explained"
        elif self.evaluation.decision is not Decision.UNDETERMINED:
            self.outcome = "refused"
            self.evaluation = _remaining_refusal(rest, self.evaluation)


def _evaluate(answer: Answer, side: Side) -> Evaluation | None:
    return side(answer.request) if answer.request else None


def _remaining_refusal(rest: Evaluation | None, real: Evaluation) -> Evaluation:
    """Return the refusal that remains after repair, or the real one if none certainly remains."""
    if rest is None or rest.is_allowed or rest.decision is Decision.UNDETERMINED:
        return real
    return rest


def explanation(evidence: AccessEvidence) -> str:
    """Name the checks that explain a refusal."""
    checks = [trap.note.check for trap in find_traps(evidence) if trap.note.blocks]
    if lacks_secrets_access(evidence):
        checks = [
            "role_exists" if isinstance(evidence.role, Missing) else "policies_are_attached",
            *checks,
        ]
    found = list(dict.fromkeys(checks))
    return f"see {' and '.join(found)}" if found else "see the findings before this one"
