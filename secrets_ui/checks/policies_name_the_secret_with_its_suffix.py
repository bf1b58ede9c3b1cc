"""Policies name the secret by an ARN that matches it: six random characters end it, and `-??????` covers them."""

from __future__ import annotations

from ..domain.evidence import AccessEvidence
from ..domain.finding import Finding
from .says import Says
from .trap_finding import judge_trap

say = Says(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(
        say,
        evidence,
        "Policies name the secret with the six characters that end its ARN.",
        "secret named without its suffix",
    )
