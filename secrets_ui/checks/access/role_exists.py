"""The Lambda's role exists."""

from ...domain.access.evidence import AccessEvidence, Known, Missing
from ...domain.access.finding import Finding, LambdaError, Remedy
from ...domain.errors.wording import plural
from ..remedies.policy_changes import command
from ..remedies.terraform_addresses import LAMBDA_ROLE, then_apply
from ..wording.reporter import Reporter

TITLE = "The role exists"
report = Reporter(__name__, "role")
_TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": '
    '"lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
)
# https://repost.aws/knowledge-center/lambda-kmsaccessdeniedexception-errors
_SEEN = LambdaError(
    "KMSAccessDeniedException",
    (
        "Lambda was unable to decrypt the environment variables because KMS access was denied. "
        "Please check the function's AWS KMS key settings."
    ),
    "documented",
)


def check(evidence: AccessEvidence) -> Finding:
    name, found = evidence.environment.lambda_role, evidence.role
    if isinstance(found, Known):
        policies = plural(len(evidence.documents), "policy", "policies")
        text = f"Role {found.value.arn} exists, with {policies}."
        return report.passed(text, f"exists, {policies}", see=(found.call.cli,))
    if not isinstance(found, Missing):
        return report.cannot_tell(evidence, f"role {name} exists", "the role", found)
    remedy = Remedy(
        "Create the role again. It is a new one to AWS: "
        "key policies and secret policies that named the old one must name it again, and the "
        "function must be given the role again.",
        then_apply(LAMBDA_ROLE),
        command("iam create-role", role_name=name, assume_role_policy_document=_TRUST),
    )
    text = f"There is no role {name} in account {evidence.environment.account}."
    return report.fail(text, "does not exist", error=_SEEN, remedy=remedy, see=(found.call.cli,))
