"""Judging one side of an answer: allowed; refused for a reason that another check names; refused for one that is told here; or not known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ...domain.access.evidence import AccessEvidence, Missing
from ...domain.access.path import Answer
from ...domain.access.sides import near_misses
from ...domain.iam import Decision, Evaluation, Request
from ..traps.find import find, lacks_secrets_access, repaired

Side = Callable[[Request], Evaluation]
Ask = Callable[[AccessEvidence], Answer]


class Judged:
    """`outcome`, and the evaluation that tells it: for "refused" the one in which all that other checks name is put right."""

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
            self.evaluation = _telling(rest, self.evaluation)


def _evaluate(answer: Answer, side: Side) -> Evaluation | None:
    return side(answer.request) if answer.request else None


def _telling(rest: Evaluation | None, real: Evaluation) -> Evaluation:
    """What is left when the other faults are gone; the real one where nothing else refuses, or nobody can say."""
    if rest is None or rest.is_allowed or rest.decision is Decision.UNDETERMINED:
        return real
    return rest


def explanation(evidence: AccessEvidence) -> str:
    """Which checks say why, by the claims that they are named after."""
    checks = [trap.noted.check for trap in find(evidence) if trap.noted.blocks]
    if lacks_secrets_access(evidence):
        checks = [
            "role_exists" if isinstance(evidence.role, Missing) else "policies_are_attached",
            *checks,
        ]
    found = list(dict.fromkeys(checks))
    return f"see {' and '.join(found)}" if found else "see the findings before this one"
