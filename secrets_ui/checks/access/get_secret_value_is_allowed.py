"""The role's identity policies, or the secret's own policy, allow secretsmanager:GetSecretValue."""

from __future__ import annotations

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ..judging.reading import judge_read
from ..wording.says import Says

say = Says(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_read(say, evidence, "secretsmanager:GetSecretValue")
