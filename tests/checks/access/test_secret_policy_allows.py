"""Whether the secret's own policy denies what the Lambda needs."""

import json
from dataclasses import replace
from typing import Any

import pytest

from secrets_ui.domain.access.evidence import AccessEvidence
from secrets_ui.domain.access.network import VpcConfig
from tests.checks.building import (
    CONSOLE_ARN,
    NAME,
    READ,
    ROLE_ARN,
    denied,
    evidence,
    finding,
    known,
    policy,
)

CHECK = "secret_policy_allows"


def under(**members: Any) -> AccessEvidence:
    return evidence(
        resource_policy=known(
            policy({"Sid": "No", "Effect": "Deny", "Action": READ, "Resource": "*"} | members)
        )
    )


def mended(given: AccessEvidence) -> dict[str, Any]:
    remedy = finding(CHECK, given).remedy
    assert "they allow" in remedy.tried
    assert "also opens" not in remedy.tried
    statement: dict[str, Any] = json.loads(
        remedy.cli.partition("--resource-policy '")[2].partition("'")[0]
    )["Statement"][0]
    return statement


def test_without_one_it_passes() -> None:
    assert finding(CHECK, evidence()).status == "pass"


@pytest.mark.parametrize(
    "principal", ["*", {"AWS": "*"}, {"AWS": "arn:aws:iam::111111111111:root"}]
)
def test_a_deny_for_everybody_fails_and_stays_for_everybody_else(principal: Any) -> None:
    given = under(Principal=principal)
    assert finding(CHECK, given).status == "fail"
    assert mended(given)["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": [ROLE_ARN]}}


def test_a_deny_for_the_role_among_others_loses_the_role() -> None:
    assert mended(under(Principal={"AWS": [ROLE_ARN, CONSOLE_ARN]}))["Principal"] == {
        "AWS": [CONSOLE_ARN]
    }


def test_a_deny_for_the_role_alone_goes_and_the_policy_with_it() -> None:
    remedy = finding(CHECK, under(Principal={"AWS": ROLE_ARN})).remedy
    assert (
        remedy.cli
        == f"aws secretsmanager delete-resource-policy --secret-id {NAME} --region us-west-2"
    )


def test_a_deny_for_others_passes() -> None:
    assert (
        finding(CHECK, under(Principal={"AWS": "arn:aws:iam::111111111111:role/somebody"})).status
        == "pass"
    )
    condition = {"ArnNotEquals": {"aws:PrincipalArn": ROLE_ARN}}
    assert finding(CHECK, under(Principal="*", Condition=condition)).status == "pass"


def test_a_deny_that_hangs_on_the_network_is_unknown() -> None:
    condition = {"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}
    given = under(Principal="*", Condition=condition)
    inside = known(replace(given.function.value, vpc=VpcConfig("vpc-1a2b3c4d")))
    found = finding(CHECK, replace(given, function=inside))
    assert found.status == "unknown"
    assert "aws:SourceVpce" in found.text
    # A function that is connected to no VPC calls through no endpoint of one.
    outside = finding(CHECK, given)
    assert outside.status == "fail"
    assert "since this request does not have aws:SourceVpce" in outside.text


def test_unread_it_is_unknown_with_the_statement_to_add() -> None:
    found = finding(
        CHECK, evidence(resource_policy=denied("secretsmanager:GetResourcePolicy", NAME))
    )
    assert found.status == "unknown"
    assert '"secretsmanager:GetResourcePolicy"' in found.missing


def test_malformed_it_is_unknown() -> None:
    assert finding(CHECK, evidence(resource_policy=known('{"Statement": []'))).status == "unknown"
