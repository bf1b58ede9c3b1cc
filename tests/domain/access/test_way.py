"""The way of a function's calls: never a no for what is not seen."""

from dataclasses import replace
from typing import Any

import pytest

from secrets_ui.domain.access.network import Network, Rule, VpcConfig
from secrets_ui.domain.access.way import find_way
from tests.checks.building import MISSING, denied, evidence, known
from tests.checks.networking import (
    ENDPOINT,
    MINE,
    MY_GROUP,
    NAT,
    OUT_EVERYWHERE,
    SUBNETS,
    THEIRS,
    VPC,
    endpoint,
    group,
    in_vpc,
    network,
    table,
)

TO_NAT, TO_TRANSIT = ("0.0.0.0/0", NAT), ("0.0.0.0/0", "tgw-1")
OTHERS = (Rule(ranges=("10.9.0.0/16",), groups=("sg-other",)),)


def test_outside_a_vpc_it_reaches_aws() -> None:
    way = find_way(evidence())
    assert (way.reaches, way.is_seen, way.endpoint) == (True, True, None)


def test_of_a_function_that_is_not_known_nothing_is_said() -> None:
    way = find_way(evidence(function=MISSING))
    assert (way.reaches, way.is_seen) == (None, False)


@pytest.mark.parametrize(
    "service",
    ["com.amazonaws.us-west-2.secretsmanager", "cn.com.amazonaws.us-west-2.secretsmanager"],
)
def test_through_an_endpoint_whatever_its_partition(service: str) -> None:
    way = find_way(in_vpc(network(endpoint(service=service))))
    assert way.reaches
    assert way.endpoint.id == ENDPOINT


@pytest.mark.parametrize(
    "changes",
    [
        {"service": "com.amazonaws.us-west-2.kms"},
        {"service": "com.amazonaws.eu-west-1.secretsmanager"},
        {"state": "pending"},
        {"state": "rejected"},
    ],
)
def test_another_endpoint_is_no_way(changes: dict[str, Any]) -> None:
    way = find_way(in_vpc(network(endpoint(**changes))))
    assert (way.reaches, way.endpoint, way.closed) == (False, None, "")
    assert find_way(in_vpc(network(endpoint(**changes), tables=(table(TO_NAT),)))).reaches


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({"state": "pending"}, True),
        ({"state": "pendingAcceptance"}, True),
        ({"state": "rejected"}, False),
        ({"state": "pending", "private_dns": False}, False),
        ({"state": "pending", "service": "com.amazonaws.us-west-2.kms"}, False),
    ],
)
def test_an_endpoint_on_its_way_to_be_the_way_is_told(
    changes: dict[str, Any], *, is_told: bool
) -> None:
    for tables in ((table(),), (table(TO_NAT),)):
        way = find_way(in_vpc(network(endpoint(**changes), tables=tables)))
        assert bool(way.pending) is is_told


@pytest.mark.parametrize("changes", [{"ipv4": False}, {"subnets": ()}])
def test_an_endpoint_without_an_address_for_the_function_leaves_the_way_open(
    changes: dict[str, Any],
) -> None:
    everybody = group(THEIRS, inbound=(OUT_EVERYWHERE,))
    way = find_way(in_vpc(network(endpoint(**changes), groups=(MY_GROUP, everybody))))
    assert (way.reaches, ENDPOINT in way.why, way.closed) == (None, True, "")


def test_a_subnet_that_aws_does_not_show_may_be_shared() -> None:
    """Its owner, and so who else has endpoints there, is not known."""
    for tables in ((table(),), (table(TO_NAT),)):
        way = find_way(in_vpc(network(tables=tables, subnets=known(()))))
        assert (way.reaches, way.is_seen, way.why) == (
            None,
            False,
            f"AWS does not show {' and '.join(SUBNETS)}",
        )


def test_an_endpoint_without_a_private_name_leaves_the_way_open() -> None:
    """A hosted zone, which is not seen, may name it."""
    for tables in ((table(),), (table(TO_NAT),)):
        way = find_way(in_vpc(network(endpoint(private_dns=False), tables=tables)))
        assert (way.reaches, way.is_seen) == (None, False)
        assert way.idle


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "HTTPS_PROXY", "AWS_USE_FIPS_ENDPOINT"])
def test_a_variable_that_may_lead_elsewhere_leaves_it_open(name: str) -> None:
    way = find_way(in_vpc(network(), variables=("A", name)))
    assert (way.reaches, way.is_seen) == (None, False)
    assert name in way.why


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "HTTPS_PROXY", "all_proxy"])
def test_outside_a_vpc_a_proxy_or_an_address_of_its_own_leaves_it_open(name: str) -> None:
    given = evidence()
    function = known(replace(given.function.value, variables=("A", name)))
    way = find_way(replace(given, function=function))
    assert (way.reaches, way.is_seen) == (None, False)
    assert name in way.why


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ((OUT_EVERYWHERE,), (Rule(groups=(MINE,)),), True),
        ((Rule(groups=(THEIRS,)),), (Rule(ranges=("10.0.0.0/16",)),), True),
        # Each subnet by a rule of its own.
        ((OUT_EVERYWHERE,), (Rule(ranges=("10.0.1.0/24",)), Rule(ranges=("10.0.2.0/24",))), True),
        ((), (Rule(groups=(MINE,)),), False),
        (OTHERS, (Rule(groups=(MINE,)),), False),
        ((OUT_EVERYWHERE,), (), False),
        ((OUT_EVERYWHERE,), OTHERS, False),
        # One subnet alone: calls from the other one are dropped.
        ((OUT_EVERYWHERE,), (Rule(ranges=("10.0.1.0/24",)),), False),
        ((Rule(prefix_lists=("pl-1",)),), (Rule(groups=(MINE,)),), None),
        ((OUT_EVERYWHERE,), (Rule(prefix_lists=("pl-1",)),), None),
        ((OUT_EVERYWHERE,), (Rule(ranges=("10.0.0.0/23", "10.0.2.7/32")),), None),
        # What is certain outweighs what is open.
        ((Rule(prefix_lists=("pl-1",)),), OTHERS, False),
    ],
)
def test_both_security_groups_have_to_let_https_pass(
    mine: tuple[Rule, ...], theirs: tuple[Rule, ...], expected: bool | None
) -> None:
    groups = (group(MINE, outbound=mine), group(THEIRS, inbound=theirs))
    way = find_way(in_vpc(network(endpoint(), groups=groups)))
    assert way.reaches is expected
    assert bool(way.why) is (expected is not True)
    # Its policy is asked in any case.
    assert way.endpoint


def test_a_group_or_a_subnet_that_aws_does_not_show_leaves_it_open() -> None:
    unseen = network(endpoint(), groups=(MY_GROUP,))
    assert find_way(in_vpc(unseen)).reaches is None
    by_range = group(THEIRS, inbound=(Rule(ranges=("10.0.0.0/16",)),))
    hidden = network(endpoint(), groups=(MY_GROUP, by_range), subnets=denied("ec2:DescribeSubnets"))
    assert find_way(in_vpc(hidden)).reaches is None
    assert find_way(in_vpc(network(endpoint(groups=())))).reaches is None


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (TO_NAT, True),
        # A function's interface has no public address.
        (("0.0.0.0/0", "igw-1"), False),
        (("::/0", "eigw-1"), False),
        (("pl-1", "vpce-s3"), False),
        (TO_TRANSIT, None),
        (("0.0.0.0/0", "eni-1"), None),
        (("0.0.0.0/0", ""), None),
        # An inspecting firewall.
        (("0.0.0.0/0", "vpce-1"), None),
        (("10.0.0.0/8", "pcx-1"), None),
        (("52.0.0.0/8", NAT), None),
    ],
)
def test_without_an_endpoint_the_routes_decide(
    route: tuple[str, str], expected: bool | None
) -> None:
    way = find_way(in_vpc(network(tables=(table(route),))))
    assert way.reaches is expected
    assert way.is_seen is (expected is not None)


def test_a_route_for_ipv6_may_lead_a_function_that_has_it_out() -> None:
    vpc = VpcConfig(VPC, SUBNETS, (MINE,), ipv6=True)
    assert find_way(in_vpc(network(tables=(table(("::/0", "eigw-1")),)), vpc=vpc)).reaches is None


def test_a_subnet_s_own_table_holds_and_each_subnet_needs_a_way() -> None:
    alone = table(subnets=("subnet-b",), main=False)
    way = find_way(in_vpc(network(tables=(table(TO_NAT), alone))))
    assert way.reaches is False
    assert "subnet-b no route" in way.why
    assert "subnet-a" not in way.why
    assert find_way(in_vpc(network(tables=()))).reaches is None


def test_of_a_vpc_that_another_account_shares_not_every_endpoint_is_seen() -> None:
    for tables in ((table(),), (table(TO_NAT),)):
        way = find_way(in_vpc(network(tables=tables, owner="999999999999")))
        assert (way.reaches, way.is_seen) == (None, False)
        assert "shared by account 999999999999" in way.why
    assert find_way(in_vpc(network(endpoint(), owner="999999999999"))).reaches


def test_out_of_the_vpc_the_function_s_own_groups_decide() -> None:
    tables = (table(TO_NAT),)
    for outbound, expected in (((), False), (OTHERS, None), ((OUT_EVERYWHERE,), True)):
        groups = (group(MINE, outbound=outbound),)
        way = find_way(in_vpc(network(tables=tables, groups=groups)))
        assert (way.reaches, way.gateways, way.is_seen) == (expected, (NAT,), True)


@pytest.mark.parametrize(
    ("around", "is_seen"),
    [
        (Network(), False),
        (network(endpoints=denied("ec2:DescribeVpcEndpoints")), False),
        (network(route_tables=denied("ec2:DescribeRouteTables")), False),
        (network(subnets=denied("ec2:DescribeSubnets")), False),
        (network(endpoint(), security_groups=denied("ec2:DescribeSecurityGroups")), True),
        (
            network(tables=(table(TO_NAT),), security_groups=denied("ec2:DescribeSecurityGroups")),
            True,
        ),
    ],
)
def test_without_evidence_nothing_is_said(around: Network, is_seen: bool) -> None:
    way = find_way(in_vpc(around))
    assert (way.reaches, way.why, way.is_seen) == (None, "", is_seen)
