"""EC2's gateway: a VPC's endpoints and routes, and what security groups let pass."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from deploy.demo.account import assume
from deploy.demo.network import build_vpc
from secrets_ui.aws.ec2 import Ec2Gateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.access.evidence import Denied, Unreachable, learn
from secrets_ui.domain.access.network import Route, Rule, SecurityGroup, Subnet
from secrets_ui.domain.environment import Environment
from testkit.copying_aws import CopyingAws

ANYWHERE = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
MINE = {"UserIdGroupPairs": [{"GroupId": "sg-1"}]}
NAT = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}


def test_a_vpc_with_an_endpoint(
    local_aws: CopyingAws, local_sessions: AwsSessions, environment: Environment
) -> None:
    built = build_vpc(assume(local_aws.endpoint, environment), environment.region)
    gateway = Ec2Gateway(local_sessions.caller(environment, "hana"))
    found = gateway.describe_vpc_endpoints(built.id)
    [endpoint] = found.value
    assert (endpoint.id, endpoint.is_available, endpoint.private_dns) == (
        built.endpoint,
        True,
        True,
    )
    assert endpoint.service == f"com.amazonaws.{environment.region}.secretsmanager"
    assert (endpoint.subnets, endpoint.groups) == (built.subnets, (built.endpoint_group,))
    assert json.loads(endpoint.policy)["Statement"][0]["Effect"] == "Allow"
    assert found.call.cli == (
        f"aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values={built.id} --region us-west-2"
    )
    [table] = gateway.describe_route_tables(built.id).value
    assert (table.is_main, table.routes) == (True, (Route("10.0.0.0/16", "local"),))
    zones = [("10.0.0.0/24", "us-west-2a"), ("10.0.1.0/24", "us-west-2b")]
    subnets = {
        Subnet(id_, *zone, environment.account)
        for id_, zone in zip(built.subnets, zones, strict=True)
    }
    assert set(gateway.describe_subnets(built.subnets).value) == subnets
    ids = (built.function_group, built.endpoint_group, "sg-0123456789abcdef0")
    assert set(gateway.describe_security_groups(ids).value) == {
        SecurityGroup(built.function_group, (), (Rule(("0.0.0.0/0",)),)),
        SecurityGroup(
            built.endpoint_group, (Rule(groups=(built.function_group,)),), (Rule(("0.0.0.0/0",)),)
        ),
    }


@pytest.fixture
def stubbed(environment: Environment) -> Iterator[tuple[Ec2Gateway, Stubber]]:
    caller = AwsSessions("http://127.0.0.1:9").caller(environment, "hana")
    with Stubber(caller.client("ec2")) as stub:
        yield Ec2Gateway(caller), stub
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        ({"IpProtocol": "-1", **ANYWHERE}, Rule(("0.0.0.0/0",))),
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **MINE}, Rule((), ("sg-1",))),
        ({"IpProtocol": "6", "FromPort": 0, "ToPort": 65535, **MINE}, Rule((), ("sg-1",))),
        ({"IpProtocol": "tcp", "FromPort": 444, "ToPort": 500, **ANYWHERE}, None),
        ({"IpProtocol": "udp", "FromPort": 443, "ToPort": 443, **ANYWHERE}, None),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, **ANYWHERE}, None),
        (
            {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-1"}]},
            Rule(prefix_lists=("pl-1",)),
        ),
    ],
)
def test_rules_are_those_that_let_https_pass(
    stubbed: tuple[Ec2Gateway, Stubber], permission: dict[str, Any], expected: Rule | None
) -> None:
    gateway, stub = stubbed
    group = {"GroupId": "sg-2", "IpPermissions": [permission], "IpPermissionsEgress": []}
    stub.add_response("describe_security_groups", {"SecurityGroups": [group]})
    [found] = gateway.describe_security_groups(["sg-2"]).value
    assert (found.inbound, found.outbound) == ((expected,) if expected else (), ())


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (NAT, "nat-1"),
        ({"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"}, "eigw-1"),
        ({"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1"}, "vpce-1"),
        # Of a kind that came later.
        ({"DestinationCidrBlock": "10.0.0.0/8", "OdbNetworkArn": "arn:aws:odb:1"}, ""),
        (
            {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "blackhole"},
            None,
        ),
    ],
)
def test_a_route_is_known_by_its_target_and_one_that_leads_nowhere_is_none(
    stubbed: tuple[Ec2Gateway, Stubber], route: dict[str, str], expected: str | None
) -> None:
    gateway, stub = stubbed
    associations = [{"Main": False, "SubnetId": "subnet-1"}]
    table = {
        "RouteTableId": "rtb-1",
        "Associations": associations,
        "Routes": [{"State": "active", **route}],
    }
    stub.add_response("describe_route_tables", {"RouteTables": [table]})
    [found] = gateway.describe_route_tables("vpc-1").value
    assert (found.subnets, found.is_main) == (("subnet-1",), False)
    assert [each.target for each in found.routes] == ([] if expected is None else [expected])


def test_every_page_is_asked_for(stubbed: tuple[Ec2Gateway, Stubber]) -> None:
    gateway, stub = stubbed
    pages = [{"Subnets": [{"SubnetId": id_, "CidrBlock": "10.0.0.0/24"}]} for id_ in ("a", "b")]
    stub.add_response("describe_subnets", {**pages[0], "NextToken": "more"})
    stub.add_response("describe_subnets", pages[1])
    assert [each.id for each in gateway.describe_subnets(["a", "b"]).value] == ["a", "b"]


@pytest.mark.parametrize(
    ("code", "kind"), [("UnauthorizedOperation", Denied), ("RequestLimitExceeded", Unreachable)]
)
def test_a_refusal_in_ec2_s_words(
    stubbed: tuple[Ec2Gateway, Stubber], code: str, kind: type
) -> None:
    gateway, stub = stubbed
    stub.add_client_error("describe_vpc_endpoints", code, "You are not authorized.", 403)
    found = learn(lambda: gateway.describe_vpc_endpoints("vpc-1"))
    assert isinstance(found, kind)
    assert found.call.code == code
    if isinstance(found, Denied):
        assert found.permission == "ec2:DescribeVpcEndpoints"
