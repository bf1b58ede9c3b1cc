"""Whether the permissions boundary lets the Lambda through."""

from typing import Any

import pytest

from secrets_ui.domain.access.evidence import AccessEvidence
from secrets_ui.services.access.check import judge
from tests.checks.building import (
    READ,
    ROLE_ARN,
    denied,
    document,
    evidence,
    finding,
    key_statement,
    known,
    policy,
)

CHECK = "boundary_allows"
ARN = "arn:aws:iam::111111111111:policy/limits"
ALL = {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}
READS = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}


def bounded(*statements: dict[str, Any], **more: Any) -> AccessEvidence:
    return evidence(boundary=document("limits", policy(*statements), ARN), **more)


def test_none_passes_and_one_that_allows_everything_too() -> None:
    assert finding(CHECK, evidence()).short == "no boundary"
    assert finding(CHECK, bounded(ALL)).status == "pass"


@pytest.mark.parametrize("action", [READ, "secretsmanager:*", "kms:Decrypt"])
def test_a_deny_fails_and_names_the_action(action: str) -> None:
    found = finding(
        CHECK, bounded(ALL, {"Sid": "No", "Effect": "Deny", "Action": action, "Resource": "*"})
    )
    assert found.status == "fail"
    assert "denies" in found.text
    assert "they allow" in found.remedy.tried


@pytest.mark.parametrize("allowed", ["logs:*", "secretsmanager:*", "kms:*"])
def test_what_it_does_not_allow_fails_and_one_remedy_brings_it_all(allowed: str) -> None:
    found = finding(CHECK, bounded({"Effect": "Allow", "Action": allowed, "Resource": "*"}))
    assert found.status == "fail"
    assert found.remedy.cli.startswith(f"aws iam create-policy-version --policy-arn {ARN} ")


def test_it_is_named_alone_when_the_rest_is_well_and_beside_another_fault_too() -> None:
    assert [f.check for f in judge(bounded(READS)).findings if f.status == "fail"] == [CHECK]
    wrong = key_statement(
        Condition={"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    ).key_policy
    assert [
        f.check for f in judge(bounded(READS, key_policy=wrong)).findings if f.status == "fail"
    ] == [CHECK, "decrypt_is_allowed"]


def test_it_does_not_limit_what_the_secret_s_policy_gives_to_this_very_session() -> None:
    session = "arn:aws:sts::111111111111:assumed-role/miyabi-lambda-execution/miyabi-app"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": session},
        "Action": "secretsmanager:*",
        "Resource": "*",
    }
    kms = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    assert finding(CHECK, bounded(kms, resource_policy=known(policy(statement)))).status == "pass"
    named = {**statement, "Principal": {"AWS": ROLE_ARN}}
    assert finding(CHECK, bounded(kms, resource_policy=known(policy(named)))).status == "fail"


def test_unread_it_is_unknown_with_the_statement_to_add() -> None:
    found = finding(CHECK, evidence(boundary=denied("iam:GetPolicy", ARN)))
    assert found.status == "unknown"
    assert ARN in found.missing


def test_malformed_it_is_unknown_and_names_the_place() -> None:
    found = finding(CHECK, evidence(boundary=document("limits", '{"Statement": 5}', ARN)))
    assert found.status == "unknown"
    assert "limits" in found.text
