"""The function runs as the role that the other checks are about."""

from ...domain.access.context import role_name_of
from ...domain.access.evidence import AccessEvidence, Known, Missing
from ...domain.access.expected_policies import role_arn
from ...domain.access.finding import Finding, Remedy
from ..remedies.policy_changes import command
from ..remedies.terraform_addresses import FUNCTION, then_apply
from ..wording.reporter import Reporter

TITLE = "The function runs as the role"
report = Reporter(__name__, "role")


def check(evidence: AccessEvidence) -> Finding:
    environment, found = evidence.environment, evidence.function
    name, role, region = environment.lambda_function, environment.lambda_role, environment.region
    if isinstance(found, Missing):
        text = f"There is no function {name} in {region} of account {environment.account}."
        remedy = Remedy(
            "Create the function, or correct lambda_function of the environment.",
            then_apply(FUNCTION),
        )
        return report.fail(text, "no function", remedy=remedy, see=(found.call.cli,))
    if not isinstance(found, Known):
        return report.cannot_tell(evidence, f"{name} runs as {role}", "its configuration", found)
    wanted = evidence.role.value.arn if isinstance(evidence.role, Known) else role_arn(environment)
    actual, see = found.value.role, (found.call.cli,)
    if (role_name_of(actual), actual.split(":")[4:5]) == (role, [environment.account]):
        return report.passed(f"{name} runs as {role}.", "runs as the role", see=see)
    remedy = Remedy(
        f"Let {name} run as {role}.",
        then_apply(FUNCTION),
        command(
            "lambda update-function-configuration", function_name=name, role=wanted, region=region
        ),
    )
    return report.fail(
        f"{name} runs as {actual}, not as {role}.", "runs as another role", remedy=remedy, see=see
    )
