"""No policy names another Region in the ARN of what lies here."""

from __future__ import annotations

from ..domain.evidence import AccessEvidence
from ..domain.finding import Finding
from .says import Says
from .trap_finding import judge_trap

say = Says(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(say, evidence, "Policies name this Region.", "another Region in an ARN")
