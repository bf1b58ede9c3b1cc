"""The secret is not scheduled for deletion."""

from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Finding, Remedy
from ..remedies.policy_changes import command
from ..wording.lambda_errors import MARKED_FOR_DELETION
from ..wording.reporter import Reporter

TITLE = "The secret is not scheduled for deletion"
report = Reporter(__name__, "secret")


def check(evidence: AccessEvidence) -> Finding:
    name, found = evidence.secret_name, evidence.secret
    if not isinstance(found, Known):
        return report.cannot_tell(
            evidence, f"{name} is scheduled for deletion", "the secret", found
        )
    see = (found.call.cli,)
    if found.value.deleted is None:
        return report.passed(f"{name} is not scheduled for deletion.", see=see)
    remedy = Remedy(
        (
            "Restore it. If Terraform deleted it, put the resource back into the configuration "
            "first, or the next apply deletes it again."
        ),
        cli=command(
            "secretsmanager restore-secret", secret_id=name, region=evidence.environment.region
        ),
    )
    text = (
        f"{name} is scheduled for deletion ({found.value.deleted:%Y-%m-%d}), and AWS refuses "
        "every read of it until it is restored."
    )
    return report.fail(
        text, "scheduled for deletion", error=MARKED_FOR_DELETION, remedy=remedy, see=see
    )
