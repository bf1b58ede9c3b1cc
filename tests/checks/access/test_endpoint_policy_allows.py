"""Whether the policy of the VPC endpoint lets the Lambda's calls through."""

import json
from typing import Any

import pytest

from secrets_ui.domain.access.actions import READ, READ_ACTIONS
from secrets_ui.domain.access.evidence import AccessEvidence
from secrets_ui.domain.access.network import Network
from secrets_ui.domain.access.path import ask_read
from secrets_ui.domain.access.policies import with_policy
from secrets_ui.domain.access.what_if import editable_policies
from secrets_ui.services.access.check import judge
from tests.checks.building import (
    ACCOUNT,
    NAME,
    ROLE_ARN,
    SECRET_ARN,
    denied,
    evidence,
    finding,
    policy,
)
from tests.checks.networking import ENDPOINT, NAT, endpoint, in_vpc, network, table

CHECK = "endpoint_policy_allows"
PATTERN = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:{NAME}-??????"


def under(*statements: dict[str, Any]) -> AccessEvidence:
    return in_vpc(network(endpoint(policy=policy(*statements))))


def allow(**members: Any) -> dict[str, Any]:
    clean = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
    return {"Sid": "Ours", **clean, **members}


@pytest.mark.parametrize(
    "given", [evidence(), in_vpc(network(tables=(table(("0.0.0.0/0", NAT)),)))]
)
def test_without_an_endpoint_it_passes(given: AccessEvidence) -> None:
    found = finding(CHECK, given)
    assert found.status == "pass"
    assert "through no VPC endpoint" in found.text


def test_the_default_policy_passes() -> None:
    assert finding(CHECK, in_vpc(network(endpoint()))).status == "pass"
    assert judge(in_vpc(network(endpoint()))).answer == "yes"


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": ROLE_ARN},
        {"AWS": ACCOUNT},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/miyabi-lambda-execution/miyabi-app"},
    ],
)
def test_an_interface_endpoint_s_policy_may_name_the_role_or_the_account(
    principal: dict[str, str],
) -> None:
    assert finding(CHECK, under(allow(Principal=principal))).status == "pass"


@pytest.mark.parametrize(
    "members",
    [
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/another"}},
        {"Principal": {"AWS": "999999999999"}},
        {"Action": "secretsmanager:ListSecrets"},
        {"Resource": SECRET_ARN.replace("api-keys", "config")},
        {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-other"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalAccount": "999999999999"}}},
    ],
)
def test_what_does_not_allow_the_calls_fails_with_a_statement_that_does(
    members: dict[str, Any],
) -> None:
    run = judge(under(allow(**members)))
    found = run.finding(CHECK)
    assert (run.answer, found.status, found.weight) == ("no", "fail", "decides")
    assert run.headline == (
        f"No. The policy of {ENDPOINT} does not allow secretsmanager:GetSecretValue and "
        "secretsmanager:DescribeSecret to miyabi-lambda-execution."
    )
    assert "because no VPC endpoint policy allows" in str(found.error)
    assert f"aws ec2 modify-vpc-endpoint --vpc-endpoint-id {ENDPOINT}" in found.remedy.cli
    assert "with it they allow" in found.remedy.tried
    assert "also opens" not in found.remedy.tried
    # Nothing else is called a fault.
    assert [each.check for each in run.findings if each.status == "fail"] == [CHECK]


def test_the_statement_that_is_nearest_is_shown() -> None:
    found = finding(CHECK, under(allow(Principal={"AWS": "999999999999"})))
    assert [(each.layer, each.marked) for each in found.shown] == [
        ("VPC endpoint policy", "Principal")
    ]


def test_a_deny_fails_and_is_lifted_for_this_role_alone() -> None:
    deny = allow(Sid="Nobody", Effect="Deny")
    run = judge(under(allow(), deny))
    found = run.finding(CHECK)
    assert (run.answer, found.status) == ("no", "fail")
    assert "with an explicit deny in a VPC endpoint policy" in str(found.error)
    assert "Exclude miyabi-lambda-execution from" in found.remedy.text


def test_describe_secret_alone_matters() -> None:
    found = finding(CHECK, under(allow(Action=READ)))
    assert (found.status, found.weight) == ("fail", "matters")


@pytest.mark.parametrize(
    ("members", "check"),
    [
        (
            {"Action": list(READ_ACTIONS), "Resource": PATTERN.removesuffix("-??????")},
            "policies_name_the_secret_with_its_suffix",
        ),
        ({"Principal": {"AWS": "AROAEXAMPLEOLDROLE123"}}, "no_left_over_principals"),
        (
            {"Condition": {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}},
            "no_version_stage_condition",
        ),
    ],
)
def test_a_trap_in_it_has_a_check_of_its_own(members: dict[str, Any], check: str) -> None:
    run = judge(under(allow(**members)))
    named = run.finding(check)
    assert (run.answer, named.status) == ("no", "fail")
    assert "of the VPC endpoint policy" in named.text
    assert "modify-vpc-endpoint" in named.remedy.cli
    assert run.finding(CHECK).status == "skipped"


def test_a_condition_that_nobody_can_know_leaves_it_open() -> None:
    found = finding(CHECK, under(allow(Condition={"StringEquals": {"aws:VpceOrgID": "o-1"}})))
    assert found.status == "unknown"
    assert "aws:VpceOrgID" in found.text


def test_a_policy_that_is_none_leaves_it_open() -> None:
    assert finding(CHECK, in_vpc(network(endpoint(policy="{")))).status == "unknown"


def test_unread_it_is_skipped_since_the_way_says_so() -> None:
    for around in (Network(), network(endpoints=denied("ec2:DescribeVpcEndpoints"))):
        run = judge(in_vpc(around))
        assert run.answer != "yes"
        assert run.finding(CHECK).status == "skipped"
        assert run.finding("get_secret_value_is_allowed").status == "pass"
        assert ask_read(in_vpc(around), READ).truth is None


def test_it_may_be_tried_with_another_text() -> None:
    given = under(allow(Action=READ))
    [editable] = [each for each in editable_policies(given) if each.location == "endpoint"]
    assert editable.title == f"Policy of VPC endpoint {ENDPOINT}"
    assert json.loads(editable.text)["Statement"][0]["Action"] == READ
    changed = with_policy(given, "endpoint", policy(allow(Effect="Deny")))
    assert ask_read(changed, READ).truth is False
