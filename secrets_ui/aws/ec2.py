"""EC2's gateway: what decides whether a function in a VPC reaches an AWS service."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from botocore import xform_name

from ..domain.access.evidence import Known
from ..domain.access.network import Endpoint, Route, RouteTable, Rule, SecurityGroup, Subnet
from .base import Gateway

T = TypeVar("T")
_HTTPS = 443
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    *("NatGatewayId", "GatewayId", "EgressOnlyInternetGatewayId", "TransitGatewayId"),
    *("VpcPeeringConnectionId", "NetworkInterfaceId", "InstanceId", "LocalGatewayId"),
    *("CarrierGatewayId", "CoreNetworkArn"),
)


class Ec2Gateway(Gateway):
    """What AWS does not show, such as another account's part of a shared VPC, is left out."""

    service = "ec2"
    commands = {
        "DescribeVpcEndpoints": "describe-vpc-endpoints --filters Name=vpc-id,Values={}",
        "DescribeRouteTables": "describe-route-tables --filters Name=vpc-id,Values={}",
        "DescribeSubnets": "describe-subnets --filters Name=subnet-id,Values={}",
        "DescribeSecurityGroups": "describe-security-groups --filters Name=group-id,Values={}",
    }

    def describe_vpc_endpoints(self, vpc: str) -> Known[tuple[Endpoint, ...]]:
        """All of a VPC."""
        return self._all("DescribeVpcEndpoints", "vpc-id", [vpc], _endpoint)

    def describe_route_tables(self, vpc: str) -> Known[tuple[RouteTable, ...]]:
        """All of a VPC."""
        return self._all("DescribeRouteTables", "vpc-id", [vpc], _route_table)

    def describe_subnets(self, ids: Iterable[str]) -> Known[tuple[Subnet, ...]]:
        return self._all("DescribeSubnets", "subnet-id", ids, _subnet)

    def describe_security_groups(self, ids: Iterable[str]) -> Known[tuple[SecurityGroup, ...]]:
        return self._all("DescribeSecurityGroups", "group-id", ids, _security_group)

    def _all(
        self,
        operation: str,
        name: str,
        values: Iterable[str],
        read: Callable[[Mapping[str, Any]], T],
    ) -> Known[tuple[T, ...]]:
        """Every page. By a filter, which finds nothing where an id would be an error."""
        wanted = sorted(values)
        call = self.describe_call(operation, ",".join(wanted))
        with self.asking(call):
            pages = self._client.get_paginator(xform_name(operation)).paginate(
                Filters=[{"Name": name, "Values": wanted}]
            )
            member = operation.removeprefix("Describe")
            return Known(tuple([read(item) for page in pages for item in page[member]]), call)


def _endpoint(item: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        item["VpcEndpointId"],
        item["ServiceName"],
        item.get("State", ""),
        bool(item.get("PrivateDnsEnabled")),
        item.get("PolicyDocument", ""),
        tuple(item.get("SubnetIds", ())),
        tuple(group["GroupId"] for group in item.get("Groups", ())),
        item.get("IpAddressType", "ipv4") != "ipv6",
    )


def _route_table(item: Mapping[str, Any]) -> RouteTable:
    associations = item.get("Associations", ())
    return RouteTable(
        item["RouteTableId"],
        tuple(found["SubnetId"] for found in associations if found.get("SubnetId")),
        any(found.get("Main") for found in associations),
        tuple(_route(found) for found in item["Routes"] if found.get("State") == "active"),
    )


def _route(item: Mapping[str, Any]) -> Route:
    return Route(_first(item, _DESTINATIONS), _first(item, _TARGETS))


def _first(item: Mapping[str, Any], members: Iterable[str]) -> str:
    return next((str(item[name]) for name in members if item.get(name)), "")


def _subnet(item: Mapping[str, Any]) -> Subnet:
    """One for IPv6 alone has no range of IPv4 addresses."""
    cidr, zone = item.get("CidrBlock", ""), item.get("AvailabilityZone", "")
    return Subnet(item["SubnetId"], cidr, zone, item.get("OwnerId", ""))


def _security_group(item: Mapping[str, Any]) -> SecurityGroup:
    return SecurityGroup(
        item["GroupId"],
        tuple(_rule(found) for found in item["IpPermissions"] if _lets_https_pass(found)),
        tuple(_rule(found) for found in item["IpPermissionsEgress"] if _lets_https_pass(found)),
    )


def _lets_https_pass(permission: Mapping[str, Any]) -> bool:
    """-1 is every protocol and so every port, and 6 is TCP's number."""
    protocol = permission["IpProtocol"]
    if protocol not in ("tcp", "6"):
        return bool(protocol == "-1")
    return int(permission["FromPort"]) <= _HTTPS <= int(permission["ToPort"])


def _rule(permission: Mapping[str, Any]) -> Rule:
    return Rule(
        tuple(found["CidrIp"] for found in permission.get("IpRanges", ())),
        tuple(found["GroupId"] for found in permission.get("UserIdGroupPairs", ())),
        tuple(found["PrefixListId"] for found in permission.get("PrefixListIds", ())),
    )
