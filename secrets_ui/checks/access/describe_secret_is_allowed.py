"""The role's policies allow secretsmanager:DescribeSecret as well. Reading a value does not need it; the set-up guide's policy has it."""

from __future__ import annotations

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ...domain.access.path import ask_read
from ...domain.access.sides import by_identity_or_secret, denying, near_misses
from ..judging.judged import Judged
from ..judging.reading import judge_read
from ..traps.trap import DESCRIBE, READ
from ..wording.says import Says

say = Says(__name__, "policies", "matters")


def check(evidence: AccessEvidence) -> Finding:
    finding = judge_read(say, evidence, DESCRIBE)
    if finding.status == "fail" and _what_refuses(evidence, DESCRIBE) == _what_refuses(
        evidence, READ
    ):
        text = f"{evidence.environment.lambda_role} is not allowed {DESCRIBE} either, for the reason that get_secret_value_is_allowed gives."
        return say.skipped(text, finding.short)
    return finding


def _what_refuses(evidence: AccessEvidence, action: str) -> tuple[object, ...]:
    """Outcome and statements; two actions that agree in both have one fault, not two."""
    judged = Judged(evidence, lambda changed: ask_read(changed, action), by_identity_or_secret)
    evaluation = judged.evaluation
    if evaluation is None or judged.outcome != "refused":
        return (judged.outcome, action)
    statements = [*denying(evaluation), *near_misses(evaluation)]
    return (evaluation.decision, *((r.layer, r.policy, r.statement.index) for r in statements))
