"""The secret is encrypted with the environment's key, not with another or the AWS-managed one."""

from ...domain.access.aws_managed_key import has_aws_managed_key
from ...domain.access.context import lambda_caller
from ...domain.access.evidence import AccessEvidence, Known, Missing
from ...domain.access.finding import Finding, Remedy
from ...domain.access.policies import list_policies
from ..remedies.policy_changes import command
from ..remedies.terraform_addresses import secret, then_apply
from ..traps.trap import path_answers
from ..wording.lambda_errors import KMS_NOT_ALLOWED
from ..wording.reporter import Reporter

TITLE = "The secret uses the environment's key"
report = Reporter(__name__, "key", "matters")


def check(evidence: AccessEvidence) -> Finding:
    name, alias = evidence.secret_name, evidence.environment.kms_alias
    if not isinstance(evidence.secret, Known):
        return report.cannot_tell(
            evidence, f"{name} is encrypted with {alias}", "the secret", evidence.secret
        )
    see = (evidence.secret.call.cli, evidence.alias.call.cli)
    if has_aws_managed_key(evidence):
        text = (
            f"{name} is encrypted with the AWS-managed key aws/secretsmanager, not with {alias}: "
        )
        text += "the Lambda needs no right in KMS, and no other account can ever read it."
        return report.warn(text, "AWS-managed key", remedy=_remedy(evidence), see=see)
    if not isinstance(evidence.key, Known) or not isinstance(evidence.alias, Known):
        lacking = evidence.key if not isinstance(evidence.key, Known) else evidence.alias
        if isinstance(lacking, Missing) and lacking is evidence.alias:
            return report.skipped(
                f"Whether {name} is encrypted with the right key was not checked: "
                f"{alias} is not there to say which one it is."
            )
        return report.cannot_tell(evidence, f"{name} is encrypted with {alias}", "its key", lacking)
    if is_as_expected(evidence):
        return report.passed(
            f"{name} is encrypted with {evidence.key.value.arn}.", "the expected key", see=see
        )
    text = (
        f"{name} is encrypted with key {evidence.key.value.key_id}, and {alias} is key "
        f"{evidence.alias.value.key_id}."
    )
    if path_answers(evidence).may_decrypt:
        return report.fail(text, "encrypted with another key", remedy=_remedy(evidence), see=see)
    text = f"{text[:-1]}: the Lambda may not decrypt with the one that encrypts it."
    return report.fail(
        text,
        "encrypted with another key",
        weight="decides",
        error=KMS_NOT_ALLOWED,
        remedy=_remedy(evidence),
        see=see,
    )


def is_as_expected(evidence: AccessEvidence) -> bool:
    """Whether the key is the expected one, or there is nothing to compare it with.

    True when the alias points at it. Also true when policies of the set-up belong to it, since then
    it is the alias that points elsewhere.
    """
    if not isinstance(evidence.key, Known) or not isinstance(evidence.alias, Known):
        return True
    return evidence.key.value.arn == evidence.alias.value.arn or _belongs(
        evidence, evidence.key.value.arn
    )


def _belongs(evidence: AccessEvidence, key: str) -> bool:
    """Whether the key policy names the Lambda's role, or a policy names the key's exact ARN."""
    statements = [
        (policy, statement)
        for policy in list_policies(evidence)
        for statement in policy.statements
        if statement.effect == "Allow"
    ]
    role = lambda_caller(evidence).role_arn
    return any(
        key in statement.resources.literals
        or (policy.location == "key" and statement.principals and role in statement.principals.arns)
        for policy, statement in statements
    )


def _remedy(evidence: AccessEvidence) -> Remedy:
    name, alias = evidence.secret_name, evidence.environment.kms_alias
    address = secret(name)
    return Remedy(
        (
            f"Encrypt it with {alias}. AWS encrypts the versions AWSCURRENT, AWSPENDING and "
            "AWSPREVIOUS anew; the Lambda must be allowed that key."
        ),
        f"# {address}\nkms_key_id = aws_kms_key.secrets.arn\n{then_apply(address)}",
        command(
            "secretsmanager update-secret",
            secret_id=name,
            kms_key_id=_target(evidence),
            region=evidence.environment.region,
        ),
    )


def _target(evidence: AccessEvidence) -> str:
    return (
        evidence.alias.value.arn
        if isinstance(evidence.alias, Known)
        else evidence.environment.kms_alias
    )
