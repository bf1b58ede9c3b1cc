"""No policy names the key by an alias: for kms:Decrypt a Resource is compared with the key's ARN alone.
https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html"""

from __future__ import annotations

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from ..traps.finding import judge_trap
from ..wording.says import Says

say = Says(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    return judge_trap(say, evidence, "Policies name the key by its ARN.", "key named by an alias")
