"""Policies name the secret by an ARN that matches it: six random characters end it, and `-??????` covers them."""

from __future__ import annotations

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ..traps.finding import judge_trap
from ..wording.says import Says

say = Says(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(
        say,
        evidence,
        "Policies name the secret with the six characters that end its ARN.",
        "secret named without its suffix",
    )
