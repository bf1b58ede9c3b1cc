"""Whether the function's network lets it reach Secrets Manager."""

import json
from dataclasses import replace

import pytest

from secrets_ui.domain.access.network import Network
from tests.checks.building import denied, evidence, finding, known, unreachable
from tests.checks.networking import (
    ENDPOINT,
    MINE,
    MY_GROUP,
    NAT,
    THEIR_GROUP,
    THEIRS,
    endpoint,
    group,
    in_vpc,
    network,
    table,
)

CHECK = "function_reaches_secrets_manager"


def test_a_function_in_no_vpc_passes_in_words() -> None:
    found = finding(CHECK, evidence())
    assert (found.status, found.short) == ("pass", "no VPC")
    assert found.text == (
        "miyabi-app is not connected to a VPC; it reaches AWS over AWS's own network."
    )


def test_a_proxy_outside_a_vpc_cannot_be_told() -> None:
    given = evidence()
    variables = known(replace(given.function.value, variables=("HTTPS_PROXY",)))
    found = finding(CHECK, replace(given, function=variables))
    assert (found.status, found.weight) == ("unknown", "decides")
    assert "its variable HTTPS_PROXY may lead it elsewhere" in found.text
    assert len(found.see) == 1


def test_beside_a_nat_gateway_a_pending_endpoint_is_a_warning() -> None:
    tables = (table(("0.0.0.0/0", NAT)),)
    found = finding(CHECK, in_vpc(network(endpoint(state="pending"), tables=tables)))
    assert (found.status, found.short) == ("warn", "endpoint pending")
    assert f"only until {ENDPOINT} is available, which is pending." in found.text


def test_a_pending_endpoint_alone_fails_and_needs_no_other() -> None:
    found = finding(CHECK, in_vpc(network(endpoint(state="pending"))))
    assert (found.status, found.remedy) == ("fail", None)
    assert f"Its endpoint {ENDPOINT} is pending." in found.text


def test_a_function_that_is_not_known_is_another_check_s() -> None:
    found = finding(CHECK, evidence(function=denied("lambda:GetFunctionConfiguration")))
    assert found.status == "skipped"
    assert "see function_runs_as_role" in found.text


def test_through_an_endpoint_it_passes_and_says_what_was_not_seen() -> None:
    found = finding(CHECK, in_vpc(network(endpoint())))
    assert (found.status, found.short) == ("pass", "through a VPC endpoint")
    assert ENDPOINT in found.text
    assert "Network ACLs" in found.text
    assert "no interface" not in found.text
    assert len(found.see) == 4


def test_a_zone_without_an_interface_of_the_endpoint_is_told() -> None:
    found = finding(CHECK, in_vpc(network(endpoint(subnets=("subnet-a",)))))
    assert found.status == "pass"
    assert "no interface in us-west-2b, where" in found.text


def test_through_a_nat_gateway_it_passes() -> None:
    found = finding(CHECK, in_vpc(network(tables=(table(("0.0.0.0/0", NAT)),))))
    assert (found.status, found.short) == ("pass", "through a NAT gateway")
    assert NAT in found.text


def test_without_endpoint_and_route_it_fails_with_an_endpoint_to_create() -> None:
    found = finding(CHECK, in_vpc(network(tables=(table(("0.0.0.0/0", "igw-1")),))))
    assert (found.status, found.weight) == ("fail", "decides")
    assert found.text == (
        "miyabi-app cannot reach Secrets Manager: VPC vpc-1a2b3c4d has no available endpoint for "
        "Secrets Manager, and subnet-a and subnet-b no route to a NAT gateway."
    )
    assert str(found.error) == (
        "ConnectTimeoutError: Connect timeout on endpoint URL: "
        '"https://secretsmanager.us-west-2.amazonaws.com/"'
    )
    assert "--subnet-ids subnet-a subnet-b" in found.remedy.cli
    assert "--service-name com.amazonaws.us-west-2.secretsmanager" in found.remedy.cli
    assert 'resource "aws_vpc_endpoint" "secretsmanager" {' in found.remedy.terraform


@pytest.mark.parametrize(
    ("closed", "verb", "group_id", "other"),
    [(MINE, "egress", MINE, THEIRS), (THEIRS, "ingress", THEIRS, MINE)],
)
def test_a_closed_security_group_fails_with_the_rule_to_add(
    closed: str, verb: str, group_id: str, other: str
) -> None:
    groups = [group(each.id) if each.id == closed else each for each in (MY_GROUP, THEIR_GROUP)]
    found = finding(CHECK, in_vpc(network(endpoint(), groups=tuple(groups))))
    assert found.status == "fail"
    assert f"no rule of security group {closed} lets HTTPS" in found.text
    assert f"authorize-security-group-{verb} --group-id {group_id}" in found.remedy.cli
    assert f'[{{"GroupId": "{other}"}}]' in found.remedy.cli
    assert f'referenced_security_group_id = "{other}"' in found.remedy.terraform


def test_out_to_a_nat_gateway_the_rule_is_to_everywhere() -> None:
    given = in_vpc(network(tables=(table(("0.0.0.0/0", NAT)),), groups=(group(MINE),)))
    found = finding(CHECK, given)
    assert found.status == "fail"
    assert '[{"CidrIp": "0.0.0.0/0"}]' in found.remedy.cli


def test_without_a_private_name_it_is_unknown_with_the_command_that_turns_it_on() -> None:
    found = finding(CHECK, in_vpc(network(endpoint(private_dns=False))))
    assert found.status == "unknown"
    assert f"--vpc-endpoint-id {ENDPOINT} --private-dns-enabled" in found.remedy.cli


def test_a_route_to_somewhere_else_is_unknown() -> None:
    found = finding(CHECK, in_vpc(network(tables=(table(("0.0.0.0/0", "tgw-1")),))))
    assert (found.status, found.remedy) == ("unknown", None)
    assert "where tgw-1 leads from subnet-a is not seen" in found.text


def test_unread_it_is_unknown_with_the_statement_to_add() -> None:
    permissions = ("DescribeVpcEndpoints", "DescribeRouteTables", "DescribeSubnets")
    refused = [denied(f"ec2:{name}") for name in (*permissions, "DescribeSecurityGroups")]
    found = finding(CHECK, in_vpc(Network(*refused)))
    assert found.status == "unknown"
    assert "this console lacks ec2:DescribeVpcEndpoints" in found.text
    statement = json.loads(found.missing)
    assert statement["Resource"] == "*"
    assert statement["Action"] == sorted(each.permission for each in refused)


def test_unanswered_it_is_unknown() -> None:
    found = finding(CHECK, in_vpc(network(endpoints=unreachable())))
    assert found.status == "unknown"
    assert "no answer in time" in found.text
