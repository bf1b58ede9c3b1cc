"""The role's identity policies, or the secret's own, allow secretsmanager:GetSecretValue."""

from ...domain.access.actions import READ
from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ..judging.reading import judge_read
from ..wording.reporter import Reporter

TITLE = "GetSecretValue is allowed"
report = Reporter(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_read(report, evidence, READ)
