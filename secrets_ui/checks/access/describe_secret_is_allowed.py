"""The role's policies also allow secretsmanager:DescribeSecret.

Reading a value does not need it, but the set-up guide's policy has it.
"""

from functools import partial

from ...domain.access.actions import DESCRIBE, READ
from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ...domain.access.path import ask_read
from ...domain.access.sides import by_identity_or_secret, denying, near_misses
from ..judging.judgement import Judgement
from ..judging.reading import judge_read
from ..wording.reporter import Reporter

TITLE = "DescribeSecret is allowed"
report = Reporter(__name__, "policies", "matters")


def check(evidence: AccessEvidence) -> Finding:
    finding = judge_read(report, evidence, DESCRIBE)
    if finding.status == "fail" and _what_refuses(evidence, DESCRIBE) == _what_refuses(
        evidence, READ
    ):
        text = (
            f"{evidence.environment.lambda_role} is not allowed {DESCRIBE} either, for the "
            "reason that get_secret_value_is_allowed gives."
        )
        return report.skipped(text, finding.short)
    return finding


def _what_refuses(evidence: AccessEvidence, action: str) -> tuple[object, ...]:
    """Return outcome and statements. Two actions that agree in both share one fault."""
    judgement = Judgement(evidence, partial(ask_read, action=action), by_identity_or_secret)
    evaluation = judgement.evaluation
    if evaluation is None or judgement.outcome != "refused":
        return (judgement.outcome, action)
    statements = [*denying(evaluation), *near_misses(evaluation)]
    return (evaluation.decision, *((r.layer, r.policy, r.statement.index) for r in statements))
