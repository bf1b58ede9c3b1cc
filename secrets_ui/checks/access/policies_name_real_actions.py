"""Policies name actions that exist: a malformed or misspelt name matches nothing."""

from ...domain.access.evidence import AccessEvidence
from ...domain.access.expected_policies import is_managed_by_aws
from ...domain.access.finding import Finding
from ...domain.access.policies import list_policies
from ..traps.finding import judge_trap
from ..wording.explain import names
from ..wording.reporter import Reporter

TITLE = "Policies name actions that exist"
report = Reporter(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    passed = "Policies name actions of Secrets Manager and KMS that exist."
    of_aws = [
        f"{name!r} in {policy.title}"
        for policy in list_policies(evidence)
        if is_managed_by_aws(policy.arn)
        for statement in policy.statements
        for name in statement.actions.malformed
    ]
    if of_aws:
        passed += f" AWS's own policies hold names that match nothing: {names(of_aws)}."
    return judge_trap(report, evidence, passed, "an action that does not exist")
