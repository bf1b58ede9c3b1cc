"""What an account's organization adds to a request: its control policies, and condition keys.

Sources: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from .context import Caller, account_of
from .evidence import (
    AccessEvidence,
    ControlPolicies,
    Known,
    Missing,
    NotAsked,
    Organization,
    Unreachable,
    why_unavailable,
)

_OF_CALLER = ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths")
_OF_RESOURCE = ("aws:ResourceOrgID", "aws:ResourceOrgPaths")
# RCPs hold for some services, IAM not among them.
_UNDER_RCPS = ("secretsmanager:", "kms:")
SERVICE_LINKED = ":role/aws-service-role/"
"""Neither kind restricts roles that are linked to a service."""


def service_control(evidence: AccessEvidence, caller: Caller) -> tuple[ControlPolicies, ...]:
    """The levels whose SCPs limit the caller: those of principals of this account are known."""
    return levels_of(evidence) if _is_ours(evidence, caller.arn) and _is_limited(caller) else ()


def resource_control(
    evidence: AccessEvidence, caller: Caller, action: str, resource: str
) -> tuple[ControlPolicies, ...]:
    """The levels whose RCPs limit what is done with the resource, by whomever."""
    is_under = action.startswith(_UNDER_RCPS) and _is_ours(evidence, resource)
    return levels_of(evidence) if is_under and _is_limited(caller) else ()


def levels_of(evidence: AccessEvidence) -> tuple[ControlPolicies, ...]:
    """None of the management account, which control policies do not limit."""
    found = evidence.organization
    if not isinstance(found, Known) or _is_management(evidence, found.value):
        return ()
    return found.value.levels.value if isinstance(found.value.levels, Known) else ()


def _is_management(evidence: AccessEvidence, found: Organization) -> bool:
    return found.management == evidence.environment.account


def _is_ours(evidence: AccessEvidence, arn: str) -> bool:
    return account_of(arn) == evidence.environment.account


def _is_limited(caller: Caller) -> bool:
    return SERVICE_LINKED not in caller.role_arn


def organization_context(
    evidence: AccessEvidence, caller: Caller, resource: str
) -> tuple[dict[str, str | tuple[str, ...]], frozenset[str]]:
    """The condition keys that the organization gives, and those that the request lacks for certain,
    because the account is in no organization.
    """
    keys = [
        *(_OF_CALLER if _is_ours(evidence, caller.arn) else ()),
        *(_OF_RESOURCE if _is_ours(evidence, resource) else ()),
    ]
    match evidence.organization:
        case Missing():
            return {}, frozenset(keys)
        case Known(found):
            values: dict[str, str | tuple[str, ...]] = {"ID": found.id, "Paths": found.paths}
            given = {key: values[key.partition("Org")[2]] for key in keys}
            return {key: value for key, value in given.items() if value}, frozenset()
    return {}, frozenset()


def describe_control(evidence: AccessEvidence) -> str:
    """Whether control policies are part of the answers, in a sentence or two."""
    match evidence.organization:
        case Missing():
            return "The account is in no organization, so no SCPs or RCPs limit it."
        case Known(found) if _is_management(evidence, found):
            return "This is the organization’s management account, which no SCPs or RCPs limit."
        case Known(found) if isinstance(found.levels, Known):
            return (
                f"The SCPs and RCPs of organization {found.id} are part of each answer; other "
                "accounts’ own are not."
            )
        case Known(found):
            why = why_unavailable(found.levels)
        case NotAsked():
            why = f"who_can_read is off for {evidence.environment.name}"
        case refused:
            why = why_unavailable(refused)
    return (
        "The organization’s service and resource control policies (SCPs, RCPs) were not seen: "
        f"{why}. They can only take away."
    )


def is_seen(evidence: AccessEvidence) -> bool:
    """Whether it is known by which control policies the account's principals are limited."""
    match evidence.organization:
        case Missing():
            return True
        case Known(found):
            return _is_management(evidence, found) or isinstance(found.levels, Known)
    return False


def missing_control(evidence: AccessEvidence) -> str:
    """Why control policies are not known this time; "" where they are, or never may be seen."""
    match evidence.organization:
        case Unreachable() as found:
            return why_unavailable(found)
        case Known(found) if not _is_management(evidence, found):
            return why_unavailable(found.levels) if isinstance(found.levels, Unreachable) else ""
    return ""
