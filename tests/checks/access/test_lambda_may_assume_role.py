"""Whether the Lambda service may assume the role."""

import json
from typing import Any

import pytest

from secrets_ui.domain.access.evidence import AccessEvidence, Role
from tests.checks.building import MISSING, ROLE_ARN, evidence, finding, known


def trusting(*statements: dict[str, Any]) -> AccessEvidence:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return evidence(role=known(Role(ROLE_ARN, "AROAEXAMPLEROLE123456", text)))


def allow(principal: Any = None, **members: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": principal or {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    } | members


@pytest.mark.parametrize(
    "principal", [{"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}, "*"]
)
def test_the_service_among_others_passes(principal: Any) -> None:
    assert finding("lambda_may_assume_role", trusting(allow(principal))).status == "pass"


@pytest.mark.parametrize(
    "statement",
    [
        allow({"Service": "edgelambda.amazonaws.com"}),
        allow({"AWS": "arn:aws:iam::111111111111:root"}),
        allow(Action="sts:TagSession"),
        allow(Condition={"StringEquals": {"sts:ExternalId": "x"}}),
    ],
)
def test_a_policy_that_does_not_let_it_in_fails_and_the_remedy_does(
    statement: dict[str, Any],
) -> None:
    found = finding("lambda_may_assume_role", trusting(statement))
    assert found.status == "fail"
    assert "with it the Lambda service may assume the role" in found.remedy.tried


def test_a_deny_fails_and_goes() -> None:
    found = finding("lambda_may_assume_role", trusting(allow(), allow(Effect="Deny")))
    assert found.status == "fail"
    assert "Deny" not in found.remedy.cli


def test_a_condition_that_hangs_on_what_nobody_knows_is_unknown() -> None:
    condition = {"StringEquals": {"aws:SourceAccount": "111111111111"}}
    assert (
        finding("lambda_may_assume_role", trusting(allow(Condition=condition))).status == "unknown"
    )


def test_a_policy_that_cannot_be_read_is_unknown_and_names_the_place() -> None:
    found = finding("lambda_may_assume_role", trusting(allow(Effect="Perhaps")))
    assert found.status == "unknown"
    assert "Effect" in found.text


def test_without_a_role_it_is_skipped() -> None:
    assert finding("lambda_may_assume_role", evidence(role=MISSING)).status == "skipped"
