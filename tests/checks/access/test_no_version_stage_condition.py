"""The trap of a condition on the version's stage."""

import json
from typing import Any

import pytest

from secrets_ui.services.access.check import judge
from tests.checks.building import (
    READ,
    ROLE_ARN,
    evidence,
    finding,
    known,
    policy,
    secrets_statement,
    with_statement,
)

CHECK = "no_version_stage_condition"
STAGE = "secretsmanager:VersionStage"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {STAGE: "AWSCURRENT"}},
        {"ForAnyValue:StringEquals": {"secretsmanager:versionstage": ["AWSCURRENT"]}},
        {"Null": {STAGE: "false"}},
    ],
)
def test_an_allow_for_one_stage_fails_and_the_remedy_lets_plain_reads_through(
    condition: dict[str, Any],
) -> None:
    run = judge(secrets_statement("ReadSecrets", Condition=condition))
    found = run.finding(CHECK)
    assert (found.status, found.shown[0].marked) == ("fail", "Condition")
    assert run.finding("get_secret_value_is_allowed").status == "skipped"
    assert "they allow secretsmanager:GetSecretValue" in found.remedy.tried


@pytest.mark.parametrize(
    "condition", [{"StringNotEquals": {STAGE: "AWSCURRENT"}}, {"Null": {STAGE: "true"}}]
)
def test_a_deny_that_holds_without_a_stage_fails(condition: dict[str, Any]) -> None:
    found = finding(
        CHECK,
        with_statement(Sid="Stages", Effect="Deny", Action=READ, Resource="*", Condition=condition),
    )
    assert found.status == "fail"
    assert "they allow" in found.remedy.tried


def test_the_right_deny_passes() -> None:
    condition = {"StringNotEquals": {STAGE: "AWSCURRENT"}, "Null": {STAGE: "false"}}
    found = finding(
        CHECK, with_statement(Effect="Deny", Action=READ, Resource="*", Condition=condition)
    )
    assert found.status == "pass"


def test_an_allow_for_one_stage_beside_a_plain_one_passes() -> None:
    found = with_statement(
        Effect="Allow", Action=READ, Resource="*", Condition={"StringEquals": {STAGE: "AWSPENDING"}}
    )
    assert finding(CHECK, found).status == "pass"


def test_in_the_secret_s_policy_it_is_one_fault_and_not_two() -> None:
    condition = {"StringNotEquals": {STAGE: "AWSCURRENT"}}
    statement = {
        "Sid": "Stages",
        "Effect": "Deny",
        "Principal": {"AWS": ROLE_ARN},
        "Action": READ,
        "Resource": "*",
        "Condition": condition,
    }
    run = judge(evidence(resource_policy=known(policy(statement))))
    assert [f.check for f in run.findings if f.status == "fail"] == [CHECK]
    remedy = run.finding(CHECK).remedy
    mended = json.loads(remedy.cli.partition("--resource-policy '")[2].partition("'")[0])
    assert mended["Statement"][0]["Condition"]["Null"] == {STAGE: "false"}
