"""No policy names a principal that was deleted (AROA…)."""

from __future__ import annotations

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ..traps.finding import judge_trap
from ..wording.says import Says

say = Says(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(
        say, evidence, "No policy names a principal that was deleted.", "names a deleted role"
    )
