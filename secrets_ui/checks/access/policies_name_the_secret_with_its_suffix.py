"""Policies name the secret by an ARN that matches it.

Six random characters end a secret's ARN; `-??????` covers them.
"""

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ..traps.finding import judge_trap
from ..wording.reporter import Reporter

TITLE = "Policies name the secret with its ARN suffix"
report = Reporter(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(
        report,
        evidence,
        "Policies name the secret with the six characters that end its ARN.",
        "secret named without its suffix",
    )
