"""No condition on secretsmanager:VersionStage refuses plain reads, which send no stage."""

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
        "No condition on secretsmanager:VersionStage refuses a plain read.",
        "VersionStage refuses plain reads",
    )
