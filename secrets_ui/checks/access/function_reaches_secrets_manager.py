"""The function's network lets its calls reach Secrets Manager.

AWS KMS is called by Secrets Manager, so no way leads there from the function.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/vpc-endpoint-overview.html
"""

from ...domain.access.evidence import AccessEvidence, Evidence, Known
from ...domain.access.finding import Finding
from ...domain.access.network import Endpoint, VpcConfig
from ...domain.access.way import Way, find_way
from ..remedies.network import network_remedy
from ..wording import lambda_errors
from ..wording.reporter import Reporter

TITLE = "The function reaches Secrets Manager"
report = Reporter(__name__, "network")


def check(evidence: AccessEvidence) -> Finding:
    name, function = evidence.environment.lambda_function, evidence.function
    claim = f"{name} reaches Secrets Manager"
    if not isinstance(function, Known):
        return report.skipped(f"Whether {claim} was not checked: see function_runs_as_role.")
    vpc, way = function.value.vpc, find_way(evidence)
    if vpc is None and way.reaches:
        text = f"{name} is not connected to a VPC; it reaches AWS over AWS's own network."
        return report.passed(text, "no VPC", see=(function.call.cli,))
    found = _asked(evidence) if vpc else (function,)
    see = tuple(item.call.cli for item in found if item.call.cli)
    if vpc is None:
        return report.unknown(f"Whether {claim} is not known: {way.why}.", see=see)
    return _in_vpc(evidence, vpc, way, found, see)


def _in_vpc(
    evidence: AccessEvidence,
    vpc: VpcConfig,
    way: Way,
    found: tuple[Evidence[object], ...],
    see: tuple[str, ...],
) -> Finding:
    name = evidence.environment.lambda_function
    claim = f"{name} reaches Secrets Manager"
    if way.reaches and way.pending:
        return report.warn(_until_available(name, way, way.pending), "endpoint pending", see=see)
    if way.reaches:
        return report.passed(*_passed(evidence, claim, vpc, way), see=see)
    if way.reaches is None and not way.why:
        return report.cannot_tell(evidence, claim, f"the network of {vpc.id}", *found)
    remedy = network_remedy(evidence, vpc, way)
    if way.reaches is None:
        text = f"Whether {claim} is not known: {way.why}."
        return report.unknown(text, remedy=remedy, see=see)
    waits = f" Its endpoint {way.pending.id} is {way.pending.state}." if way.pending else ""
    return report.fail(
        f"{name} cannot reach Secrets Manager: {way.why}.{waits}",
        "no way to Secrets Manager",
        error=lambda_errors.timed_out(evidence),
        remedy=remedy,
        see=see,
    )


def _asked(evidence: AccessEvidence) -> tuple[Evidence[object], ...]:
    network = evidence.network
    return network.endpoints, network.route_tables, network.subnets, network.security_groups


def _until_available(name: str, way: Way, endpoint: Endpoint) -> str:
    """Its private DNS name is on, so that calls go through it as soon as it is there."""
    return (
        f"{name} reaches Secrets Manager through {' and '.join(way.gateways)} only until "
        f"{endpoint.id} is available, which is {endpoint.state}. Then calls go through that VPC "
        "endpoint, and its policy and security groups decide: check again then."
    )


def _passed(evidence: AccessEvidence, claim: str, vpc: VpcConfig, way: Way) -> tuple[str, str]:
    seen = "Network ACLs and the DNS settings of the VPC were not looked at."
    if way.endpoint is None:
        through = f"{' and '.join(way.gateways)}, and its security groups let HTTPS out"
        return f"{claim} through {through}. {seen}", "through a NAT gateway"
    text = (
        f"{claim} through {way.endpoint.id}: its private DNS name is on, and the security groups "
        f"let HTTPS through. {_zones(evidence, vpc, way.endpoint)}{seen}"
    )
    return text, "through a VPC endpoint"


def _zones(evidence: AccessEvidence, vpc: VpcConfig, endpoint: Endpoint) -> str:
    """Of the function's zones, those from which calls cross to another one: they work, cost more,
    and fail with that other zone.
    """
    answer = evidence.network.subnets
    zones = {each.id: each.zone for each in answer.value} if isinstance(answer, Known) else {}
    crossing = {zones.get(each, "") for each in vpc.subnets} - {
        zones.get(each, "") for each in endpoint.subnets
    }
    if not all(crossing):
        return ""
    named = " and ".join(sorted(crossing))
    return f"It has no interface in {named}, where the function runs too. " if named else ""
