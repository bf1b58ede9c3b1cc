"""No policy names the key by an alias: for kms:Decrypt a Resource is compared with the key's ARN alone.
https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html"""

from __future__ import annotations

from ..domain.evidence import AccessEvidence
from ..domain.finding import Finding
from .says import Says
from .trap_finding import judge_trap

say = Says(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(say, evidence, "Policies name the key by its ARN.", "key named by an alias")
