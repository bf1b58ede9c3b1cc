"""Remedies for a function that does not reach Secrets Manager."""

import json
from typing import Any

from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Remedy
from ...domain.access.network import VpcConfig, endpoint_service
from ...domain.access.way import EVERYWHERE, Way
from .policy_changes import ENDPOINT, command, hcl
from .terraform_addresses import then_apply

_RULES = {
    "inbound": ("ingress", "aws_vpc_security_group_ingress_rule.secretsmanager", "in from"),
    "outbound": ("egress", "aws_vpc_security_group_egress_rule.secretsmanager", "out to"),
}


def network_remedy(evidence: AccessEvidence, vpc: VpcConfig, way: Way) -> Remedy | None:
    """None where only a person can say what is meant, and where an endpoint is on its way."""
    if way.idle:
        region = evidence.environment.region
        return Remedy(
            f"Turn on the private DNS name of {way.idle.id}. It holds for the whole VPC.",
            f"# {ENDPOINT}: private_dns_enabled = true\n{then_apply(ENDPOINT)}",
            command(
                "ec2 modify-vpc-endpoint",
                vpc_endpoint_id=way.idle.id,
                private_dns_enabled=True,
                region=region,
            ),
        )
    if way.reaches is not False or (way.pending and not way.closed):
        return None
    return _with_rule(evidence, vpc, way) if way.closed else _with_endpoint(evidence, vpc)


def _with_rule(evidence: AccessEvidence, vpc: VpcConfig, way: Way) -> Remedy:
    """A rule between the first groups of function and endpoint, or one to the NAT gateway's side,
    which is everywhere.
    """
    group, other = vpc.groups[0], way.endpoint.groups[0] if way.endpoint else ""
    if way.closed == "inbound":
        group, other = other, group
    verb, address, direction = _RULES[way.closed]
    peer: dict[str, Any] = {"IpRanges": [{"CidrIp": EVERYWHERE}]}
    named = {"cidr_ipv4": EVERYWHERE}
    if other:
        peer = {"UserIdGroupPairs": [{"GroupId": other}]}
        named = {"referenced_security_group_id": other}
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **peer}
    members = {"ip_protocol": "tcp", "from_port": 443, "to_port": 443, **named}
    return Remedy(
        f"Let security group {group} let HTTPS {direction} {other or EVERYWHERE}.",
        _resource(address, {"security_group_id": group, **members}),
        command(
            f"ec2 authorize-security-group-{verb}",
            group_id=group,
            ip_permissions=json.dumps([rule]),
            region=evidence.environment.region,
        ),
    )


def _with_endpoint(evidence: AccessEvidence, vpc: VpcConfig) -> Remedy:
    """An endpoint has one subnet in a zone."""
    region, answer = evidence.environment.region, evidence.network.subnets
    by_zone = {each.zone: each.id for each in answer.value} if isinstance(answer, Known) else {}
    subnets = sorted(set(by_zone.values()) & set(vpc.subnets)) or list(vpc.subnets)
    service, groups = endpoint_service(region), list(vpc.groups)
    members = {
        "vpc_id": vpc.id,
        "vpc_endpoint_type": "Interface",
        "service_name": service,
        "subnet_ids": subnets,
        "security_group_ids": groups,
        "private_dns_enabled": True,
    }
    return Remedy(
        "Create an interface endpoint for Secrets Manager, with a security group that lets HTTPS "
        "in from the function's. Or route the function's subnets to a NAT gateway.",
        _resource(ENDPOINT, members),
        command(
            "ec2 create-vpc-endpoint",
            vpc_id=vpc.id,
            vpc_endpoint_type="Interface",
            service_name=service,
            subnet_ids=subnets,
            security_group_ids=groups,
            private_dns_enabled=True,
            region=region,
        ),
    )


def _resource(address: str, members: dict[str, Any]) -> str:
    kind, name = address.split(".")
    return f'resource "{kind}" "{name}" {hcl(members)}\n{then_apply(address)}'
