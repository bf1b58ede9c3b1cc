"""The three policies of the set-up guide are attached to the role."""

import json
from dataclasses import replace

from ...domain.access.actions import READ
from ...domain.access.aws_managed_key import has_aws_managed_key
from ...domain.access.evidence import AccessEvidence, Known, Missing
from ...domain.access.expected_policies import (
    BASIC_EXECUTION,
    GITHUB_ACCESS,
    SECRETS_ACCESS,
    expected_arns,
    secrets_access,
)
from ...domain.access.finding import Finding, Remedy
from ...domain.access.path import ask_read
from ..remedies.policy_changes import command
from ..remedies.terraform_addresses import attachment, then_apply
from ..remedies.trials import tried
from ..traps.find import repaired
from ..traps.trap import path_answers
from ..wording import lambda_errors
from ..wording.explain import names
from ..wording.reporter import Reporter

TITLE = "The role's policies are attached"
report = Reporter(__name__, "policies")
_TERRAFORM = {
    BASIC_EXECUTION: "basic_execution",
    SECRETS_ACCESS: "secrets_access",
    GITHUB_ACCESS: "github_access",
}


def check(evidence: AccessEvidence) -> Finding:
    role, attached = evidence.environment.lambda_role, evidence.attached
    if not isinstance(attached, Known):
        return report.cannot_tell(
            evidence,
            f"the policies of {role} are attached",
            "the list of attached policies",
            attached,
        )
    have = {arn.rpartition("/")[2] for arn in attached.value}
    absent = [
        arn for arn in expected_arns(evidence.environment) if arn.rpartition("/")[2] not in have
    ]
    see = (attached.call.cli,)
    if not absent:
        return report.passed(
            f"{role} has its three policies attached.",
            f"{len(attached.value)} policies attached",
            see=see,
        )
    missing = [arn.rpartition("/")[2] for arn in absent]
    text = f"{names(missing)} {'is' if len(missing) == 1 else 'are'} not attached to {role}."
    remedy = _remedy(evidence, absent)
    if SECRETS_ACCESS not in missing:
        return report.fail(text, "a policy is missing", weight="matters", remedy=remedy, see=see)
    if _reads_all_the_same(evidence):
        text = f"{text[:-1]}, though other policies let it read {evidence.secret_name}."
        return report.warn(text, "a policy is missing", weight="matters", remedy=remedy, see=see)
    error = lambda_errors.refused(evidence, READ, "identity")
    return report.fail(text, f"{SECRETS_ACCESS} is missing", error=error, remedy=remedy, see=see)


def _reads_all_the_same(evidence: AccessEvidence) -> bool:
    needs_key = isinstance(evidence.key, Known) or has_aws_managed_key(evidence)
    return path_answers(evidence).may_read and (path_answers(evidence).may_decrypt or not needs_key)


def _remedy(evidence: AccessEvidence, absent: list[str]) -> Remedy:
    role = evidence.environment.lambda_role
    commands = [line for arn in absent for line in _commands(evidence, arn)]
    addresses = [attachment(_TERRAFORM[arn.rpartition("/")[2]]) for arn in absent]
    lines = [
        f'# {address}\nrole       = aws_iam_role.lambda_execution.name\npolicy_arn = "{arn}"'
        for address, arn in zip(addresses, absent, strict=True)
    ]
    return Remedy(
        f"Attach {names(arn.rpartition('/')[2] for arn in absent)} to {role}.",
        "\n".join([*lines, then_apply(*addresses)]),
        " && ".join(commands),
        tried(evidence, _attached(evidence), lambda changed: ask_read(changed, READ))
        if any(SECRETS_ACCESS in arn for arn in absent)
        else "",
    )


def _commands(evidence: AccessEvidence, arn: str) -> list[str]:
    """Return the commands that attach a policy, creating it first if AWS says that it is gone."""
    attach = command(
        "iam attach-role-policy", role_name=evidence.environment.lambda_role, policy_arn=arn
    )
    if not (
        isinstance(evidence.unattached.get(arn), Missing) and arn.endswith(f"/{SECRETS_ACCESS}")
    ):
        return [attach]
    key = evidence.key.value.arn if isinstance(evidence.key, Known) else ""
    document = json.dumps(secrets_access(evidence.environment, evidence.secret_name, key))
    return [
        command("iam create-policy", policy_name=SECRETS_ACCESS, policy_document=document),
        attach,
    ]


def _attached(evidence: AccessEvidence) -> AccessEvidence:
    """Add the policy to the evidence: as it is, if it could be read, else as in the guide."""
    known = {arn: found for arn, found in evidence.unattached.items() if isinstance(found, Known)}
    if any(arn.endswith(f"/{SECRETS_ACCESS}") for arn in known):
        return replace(evidence, documents={**evidence.documents, **known})
    return repaired(evidence)
