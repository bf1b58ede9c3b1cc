"""How the calls of a function get to Secrets Manager, from what EC2 says of its VPC.

Network ACLs, the VPC's DNS settings, private hosted zones and firewalls are not looked at.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Network
from typing import Literal

from ..iam.truth import Truth, all_of, any_of
from .evidence import AccessEvidence, Known
from .network import Endpoint, RouteTable, Rule, SecurityGroup, VpcConfig, endpoint_service

EVERYWHERE, _NAT = "0.0.0.0/0", "nat-"
# What may lead the loader, or AWS's SDK, to another address (deploy/lambda/core/_route.py).
_ELSEWHERE = frozenset((
    "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy",
))  # fmt: skip
# To an address of AWS's which every function outside a VPC reaches, and for which a VPC may have
# another endpoint.
_OTHER_ADDRESSES = frozenset(("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"))
# An endpoint on its way to available, by AWS's word or after its service's owner accepts it:
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
_TO_COME = ("pending", "pendingacceptance")


@dataclass(frozen=True)
class Way:
    """Whether calls get there (None: not known), and through what they go.

    `endpoint` is the VPC endpoint on the way, `gateways` are NAT gateways; with `is_seen` false
    either is not known. `why` says why calls do not get there or why that is not known, and is ""
    for want of evidence. `closed` is the side on which security groups are in the way. `idle` is an
    endpoint to which the usual name does not lead, `pending` one to which it does not lead yet.
    """

    reaches: Truth
    why: str = ""
    endpoint: Endpoint | None = None
    gateways: tuple[str, ...] = ()
    is_seen: bool = True
    closed: Literal["", "outbound", "inbound"] = ""
    idle: Endpoint | None = None
    pending: Endpoint | None = None


@lru_cache(maxsize=64)
def find_way(evidence: AccessEvidence) -> Way:
    """The way of the Lambda function's calls."""
    function, endpoints = evidence.function, evidence.network.endpoints
    if not isinstance(function, Known):
        return Way(None, is_seen=False)
    vpc = function.value.vpc
    elsewhere = _ELSEWHERE | _OTHER_ADDRESSES if vpc else _ELSEWHERE
    if found := sorted(elsewhere.intersection(function.value.variables)):
        return Way(None, f"its variable {found[0]} may lead it elsewhere", is_seen=False)
    if vpc is None:
        return Way(True)
    if not isinstance(endpoints, Known):
        return Way(None, is_seen=False)
    service = endpoint_service(evidence.environment.region)
    every = [e for e in endpoints.value if e.service.endswith(service)]
    ours = [e for e in every if e.is_available]
    for endpoint in ours:
        if endpoint.private_dns:
            return _through_endpoint(evidence, vpc, endpoint)
    for endpoint in ours:
        why = (
            f"VPC endpoint {endpoint.id} has no private DNS name, so that calls go through it only "
            "where a hosted zone of your own says so"
        )
        return Way(None, why, is_seen=False, idle=endpoint)
    to_come = [e for e in every if e.private_dns and e.state.casefold() in _TO_COME]
    return replace(_through_gateway(evidence, vpc), pending=next(iter(to_come), None))


def _through_endpoint(evidence: AccessEvidence, vpc: VpcConfig, endpoint: Endpoint) -> Way:
    """Its private DNS name holds for the whole VPC, and every subnet has a route to it. What is
    left are its addresses, and security groups: the function's outwards, and its own inwards.
    """
    if not endpoint.ipv4 or not endpoint.subnets:
        lacks = "is in no subnet" if endpoint.ipv4 else "has IPv6 addresses alone"
        why = f"VPC endpoint {endpoint.id} {lacks}"
        return Way(None, why, endpoint)
    found = evidence.network.security_groups
    if not isinstance(found, Known):
        return Way(None, endpoint=endpoint)
    leaves = _opens(
        _rules(found.value, vpc.groups, lambda group: group.outbound),
        endpoint.groups,
        _cidrs(evidence, endpoint.subnets),
    )
    enters = _opens(
        _rules(found.value, endpoint.groups, lambda group: group.inbound),
        vpc.groups,
        _cidrs(evidence, vpc.subnets),
    )
    if leaves is not True and enters is not False:
        why = _closed(vpc.groups, f"out to {endpoint.id}", leaves)
        return Way(leaves, why, endpoint, closed="outbound")
    if not enters:
        why = _closed(endpoint.groups, f"in to {endpoint.id} from the function", enters)
        return Way(enters, why, endpoint, closed="inbound")
    return Way(True, endpoint=endpoint)


def _through_gateway(evidence: AccessEvidence, vpc: VpcConfig) -> Way:
    """The owner of a shared VPC alone sees the endpoints that it made there.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html
    """
    tables, groups = evidence.network.route_tables, evidence.network.security_groups
    subnets = evidence.network.subnets
    if not isinstance(tables, Known) or not isinstance(subnets, Known):
        return Way(None, is_seen=False)
    if hidden := sorted(set(vpc.subnets) - {each.id for each in subnets.value}):
        return Way(None, f"AWS does not show {' and '.join(hidden)}", is_seen=False)
    if others := {each.owner for each in subnets.value} - {evidence.environment.account}:
        why = f"{vpc.id} is shared by account {min(others)}, which alone sees its endpoints"
        return Way(None, why, is_seen=False)
    targets = {subnet: _target(tables.value, subnet, vpc.ipv6) for subnet in vpc.subnets}
    without = [subnet for subnet, target in targets.items() if not target]
    if without:
        why = (
            f"VPC {vpc.id} has no available endpoint for Secrets Manager, and "
            f"{' and '.join(without)} no route to a NAT gateway"
        )
        return Way(False, why)
    for subnet, target in targets.items():
        if not target.startswith(_NAT):
            return Way(None, f"where {target} leads from {subnet} is not seen", is_seen=False)
    gateways = tuple(sorted(set(targets.values())))
    if not isinstance(groups, Known):
        return Way(None, gateways=gateways)
    rules = _rules(groups.value, vpc.groups, lambda group: group.outbound)
    leaves = _opens(rules, (), (EVERYWHERE,))
    if leaves:
        return Way(True, gateways=gateways)
    why = _closed(vpc.groups, f"out to {gateways[0]}", leaves)
    return Way(leaves, why, gateways=gateways, closed="outbound")


def _target(tables: tuple[RouteTable, ...], subnet: str, ipv6: bool) -> str:
    """Where a subnet's default route leads; else another route that may lead to AWS, in words; ""
    without any.

    A function's interface has no public address, so an internet gateway takes it nowhere, and a
    prefix list with an endpoint is Amazon S3 or DynamoDB.
    """
    own = [table for table in tables if subnet in table.subnets]
    for table in own or [table for table in tables if table.is_main]:
        routes = [
            route
            for route in table.routes
            if not route.target.startswith(("local", "igw-"))
            and not (route.target.startswith("vpce-") and route.destination.startswith("pl-"))
            and (ipv6 or ":" not in route.destination)
        ]
        for route in routes:
            if route.destination == EVERYWHERE:
                return route.target or "the default route"
        return f"the route to {routes[0].destination}" if routes else ""
    return "a route table that AWS does not show"


def _rules(
    groups: tuple[SecurityGroup, ...],
    ids: tuple[str, ...],
    side: Callable[[SecurityGroup], tuple[Rule, ...]],
) -> list[Rule | None]:
    """None stands for the rules of a group that AWS does not show, or names no group at all."""
    found = {group.id: side(group) for group in groups}
    return [rule for id_ in ids or ("",) for rule in found.get(id_, (None,))]


def _opens(rules: list[Rule | None], groups: Iterable[str], cidrs: tuple[str, ...] | None) -> Truth:
    """Whether rules let HTTPS pass to or from members of `groups`, or all of `cidrs` (None: not
    known).
    """
    known = [rule for rule in rules if rule]
    hides = len(known) < len(rules) or any(rule.prefix_lists for rule in known)
    if {group for rule in known for group in rule.groups}.intersection(groups):
        return True
    ranges = [IPv4Network(text, strict=False) for rule in known for text in rule.ranges]
    wanted = None if cidrs is None else [IPv4Network(text) for text in cidrs]
    return any_of((_cover(ranges, wanted), None if hides else False))


def _cover(ranges: list[IPv4Network], wanted: list[IPv4Network] | None) -> Truth:
    if wanted is None:
        return IPv4Network(EVERYWHERE) in ranges or (None if ranges else False)
    return all_of(
        [
            any(each.subnet_of(range_) for range_ in ranges)
            or (None if any(each.overlaps(range_) for range_ in ranges) else False)
            for each in wanted
        ]
    )


def _cidrs(evidence: AccessEvidence, subnets: Iterable[str]) -> tuple[str, ...] | None:
    answer = evidence.network.subnets
    found = {subnet.id: subnet.cidr for subnet in answer.value} if isinstance(answer, Known) else {}
    cidrs = tuple(found.get(subnet, "") for subnet in subnets)
    return cidrs if all(cidrs) else None


def _closed(groups: tuple[str, ...], where: str, opens: Truth) -> str:
    names = f"security group {' and '.join(groups)}"
    if opens is False:
        return f"no rule of {names} lets HTTPS (TCP port 443) {where}"
    return f"the rules of {names} leave open whether HTTPS (TCP port 443) gets {where}"
