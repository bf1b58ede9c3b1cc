"""No policy names another Region in the ARN of the secret or the key."""

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ..traps.finding import judge_trap
from ..wording.reporter import Reporter

TITLE = "Policies name this Region"
report = Reporter(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(
        report, evidence, "No ARN in a policy names another Region.", "another Region in an ARN"
    )
