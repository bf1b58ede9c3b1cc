"""No policy names a deleted principal (AROA…)."""

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ..traps.finding import judge_trap
from ..wording.reporter import Reporter

TITLE = "No policy names a deleted principal"
report = Reporter(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(
        report, evidence, "No policy names a principal that was deleted.", "names a deleted role"
    )
