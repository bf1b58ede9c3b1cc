"""No policy names the key by an alias: kms:Decrypt compares a Resource only with the key's ARN.

https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
"""

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ..traps.finding import judge_trap
from ..wording.reporter import Reporter

TITLE = "Policies name the key by its ARN"
report = Reporter(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(
        report, evidence, "No policy names the key by an alias.", "key named by an alias"
    )
