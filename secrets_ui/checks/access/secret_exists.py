"""The secret exists in this Region and account."""

from ...domain.access.evidence import AccessEvidence, Known, Missing
from ...domain.access.finding import Finding, Remedy
from ..remedies.policy_changes import command
from ..remedies.terraform_addresses import secret, then_apply
from ..wording import lambda_errors
from ..wording.reporter import Reporter

TITLE = "The secret exists"
report = Reporter(__name__, "secret")


def check(evidence: AccessEvidence) -> Finding:
    name, environment, found = evidence.secret_name, evidence.environment, evidence.secret
    if isinstance(found, Known):
        return report.passed(f"{name} is {found.value.arn}.", "exists", see=(found.call.cli,))
    if not isinstance(found, Missing):
        return report.cannot_tell(evidence, f"{name} exists", "the secret", found)
    text = f"There is no secret {name} in {environment.region} of account {environment.account}."
    address = secret(name)
    make = command(
        "secretsmanager create-secret",
        name=name,
        kms_key_id=environment.kms_alias,
        region=environment.region,
    )
    remedy = Remedy(
        (
            "Create it here, or correct the Region: a secret of this name may be in another "
            "one. It has no value until somebody sets one."
        ),
        f"# {address}\n{then_apply(address)}",
        make,
    )
    see = (
        found.call.cli,
        f"aws secretsmanager list-secrets --filters Key=name,Values={name} --region OTHER-REGION",
    )
    return report.fail(
        text,
        f"not in {environment.region}",
        error=lambda_errors.not_found(evidence),
        remedy=remedy,
        see=see,
    )
