"""AWS's own simulator agrees about the role's identity policies and boundary.

The simulator ignores resource policies for a role, so this comparison does too.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from dataclasses import replace

from ...domain.access.context import KEYS_OF_VPC
from ...domain.access.evidence import AccessEvidence, Known, Simulated
from ...domain.access.finding import Finding
from ...domain.access.path import ask_read
from ...domain.access.sides import CONTROL, without_control, without_endpoint
from ...domain.iam import Decision, Layer, evaluate
from ..wording.reporter import Reporter

TITLE = "The IAM policy simulator agrees"
report = Reporter(__name__, "policies", "second opinion")
_WORDS = {
    "allowed": Decision.ALLOWED,
    "explicitDeny": Decision.EXPLICITLY_DENIED,
    "implicitDeny": Decision.IMPLICITLY_DENIED,
}


def check(evidence: AccessEvidence) -> Finding:
    role, found = evidence.environment.lambda_role, evidence.simulated
    if not isinstance(found, Known):
        return report.cannot_tell(
            evidence, f"AWS's simulator agrees about {role}", "the simulator's answer", found
        )
    see = (found.call.cli,)
    pairs = [(item, _ours(evidence, item.action)) for item in found.value]
    organization = [item.action for item, _ in pairs if item.allowed_by_organizations is False]
    if organization:
        text = (
            "AWS's simulator says that a service control policy of the organization refuses "
            f"{' and '.join(organization)}; control_policies_allow says what this console saw."
        )
        return report.warn(text, "simulator disagrees", see=see)
    differing = [
        (item, ours)
        for item, ours in pairs
        if ours is not Decision.UNDETERMINED and _WORDS.get(item.decision) is not ours
    ]
    if differing:
        text = (
            "AWS's simulator and this console differ on "
            f"{'; '.join(_side_by_side(*pair) for pair in differing)}. "
        )
        text += "Trust neither before you know why."
        return report.warn(text, "simulator disagrees", see=see)
    return report.passed(
        (
            f"AWS's simulator agrees about {role}: "
            f"{'; '.join(_side_by_side(*pair) for pair in pairs)}."
        ),
        "simulator agrees",
        see=see,
    )


def _ours(evidence: AccessEvidence, action: str) -> Decision:
    """Return this console's decision by identity policies and boundary alone.

    The simulator is not told of a VPC endpoint.
    """
    request = ask_read(evidence, action).request
    if request is None:
        return Decision.UNDETERMINED
    untold = KEYS_OF_VPC if request.endpoint_policy else frozenset()
    request = without_endpoint(request)
    return evaluate(
        replace(
            without_control(request),
            resource_policy=None,
            unknown_context_keys=request.unknown_context_keys | untold,
            unreadable_layers=request.unreadable_layers - {Layer.RESOURCE, *CONTROL},
        )
    ).decision


def _side_by_side(simulated: Simulated, ours: Decision) -> str:
    missing = f" (without knowing {', '.join(simulated.missing)})" if simulated.missing else ""
    return f"{simulated.action}: simulator {simulated.decision}{missing}, this console {ours}"
