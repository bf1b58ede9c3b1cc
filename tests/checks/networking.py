"""Evidence of a function in a VPC of two zones, with an endpoint for Secrets Manager, and small
changes to it.
"""

import json
from dataclasses import replace
from typing import Any

from secrets_ui.domain.access.evidence import AccessEvidence, Evidence
from secrets_ui.domain.access.network import (
    Endpoint,
    Network,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    VpcConfig,
)
from tests.checks.building import ACCOUNT, evidence, known

VPC, ENDPOINT, NAT = "vpc-1a2b3c4d", "vpce-0123456789abcdef0", "nat-0a1b2c3d"
MINE, THEIRS = "sg-function", "sg-endpoint"
SUBNETS = ("subnet-a", "subnet-b")
OUT_EVERYWHERE = Rule(ranges=("0.0.0.0/0",))
# AWS's default: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
DEFAULT_POLICY = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
)
SERVICE = "com.amazonaws.us-west-2.secretsmanager"


def endpoint(**changes: Any) -> Endpoint:
    clean = Endpoint(ENDPOINT, SERVICE, "available", True, DEFAULT_POLICY, SUBNETS, (THEIRS,))
    return replace(clean, **changes)


def group(id_: str, inbound: tuple[Rule, ...] = (), outbound: tuple[Rule, ...] = ()) -> Any:
    return SecurityGroup(id_, inbound, outbound)


MY_GROUP = group(MINE, outbound=(OUT_EVERYWHERE,))
THEIR_GROUP = group(THEIRS, inbound=(Rule(groups=(MINE,)),))


def table(*routes: tuple[str, str], subnets: tuple[str, ...] = (), main: bool = True) -> RouteTable:
    found = (Route(*route) for route in (("10.0.0.0/16", "local"), *routes))
    return RouteTable("rtb-1", subnets, main, tuple(found))


def network(
    *endpoints: Endpoint,
    tables: tuple[RouteTable, ...] = (table(),),
    groups: tuple[SecurityGroup, ...] = (MY_GROUP, THEIR_GROUP),
    owner: str = ACCOUNT,
    **changes: Evidence[Any],
) -> Network:
    subnets = (
        Subnet("subnet-a", "10.0.1.0/24", "us-west-2a", owner),
        Subnet("subnet-b", "10.0.2.0/24", "us-west-2b", owner),
    )
    clean = Network(
        known(endpoints, "ec2:DescribeVpcEndpoints"),
        known(tables, "ec2:DescribeRouteTables"),
        known(subnets, "ec2:DescribeSubnets"),
        known(groups, "ec2:DescribeSecurityGroups"),
    )
    return replace(clean, **changes)


def in_vpc(around: Network, given: AccessEvidence | None = None, **function: Any) -> AccessEvidence:
    """`given`, with the function connected to the VPC and with members of it exchanged."""
    given = given or evidence()
    vpc = VpcConfig(VPC, SUBNETS, (MINE,))
    connected = replace(given.function.value, **{"vpc": vpc, **function})
    return replace(given, function=known(connected), network=around)
