"""No condition on secretsmanager:VersionStage refuses plain reads, which send no stage."""

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ..traps.finding import judge_trap
from ..wording.reporter import Reporter

TITLE = "No VersionStage condition refuses plain reads"
report = Reporter(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(
        report,
        evidence,
        "No condition on secretsmanager:VersionStage refuses a plain read.",
        "VersionStage refuses plain reads",
    )
