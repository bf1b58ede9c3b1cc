"""Whether a policy admits everyone."""

import json
from typing import Any

import pytest

from secrets_ui.domain.access.evidence import AccessEvidence
from tests.checks.building import READ, ROLE_ARN, evidence, finding, known, policy

CHECK = "principals_are_not_too_open"


def secret_under(**members: Any) -> AccessEvidence:
    return evidence(
        resource_policy=known(
            policy({"Sid": "Open", "Effect": "Allow", "Action": READ, "Resource": "*"} | members)
        )
    )


def key_under(**members: Any) -> AccessEvidence:
    whole = json.loads(evidence().key_policy.value)
    whole["Statement"].append(
        {"Sid": "Open", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"} | members
    )
    return evidence(key_policy=known(json.dumps(whole)))


@pytest.mark.parametrize(
    "principal",
    [{"Principal": "*"}, {"Principal": {"AWS": ["*"]}}, {"NotPrincipal": {"AWS": ROLE_ARN}}],
)
@pytest.mark.parametrize("under", [secret_under, key_under])
def test_a_wildcard_without_a_condition_fails(under: Any, principal: dict[str, Any]) -> None:
    found = finding(CHECK, under(**principal))
    assert (found.status, found.weight, found.step) == (
        "fail",
        "matters",
        "secret" if under is secret_under else "key",
    )
    assert "also opens" not in found.remedy.tried


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalAccount": "111111111111"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-0123456789"}},
        {"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}},
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
    ],
)
def test_a_condition_that_limits_it_passes(condition: dict[str, Any]) -> None:
    assert finding(CHECK, secret_under(Principal="*", Condition=condition)).status == "pass"


def test_a_condition_that_limits_nobody_fails() -> None:
    found = finding(
        CHECK, secret_under(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    )
    assert found.status == "fail"


def test_a_wildcard_of_the_account_s_own_calls_through_secrets_manager_passes_for_the_key() -> None:
    condition = {
        "StringEquals": {
            "kms:CallerAccount": "111111111111",
            "kms:ViaService": "secretsmanager.us-west-2.amazonaws.com",
        }
    }
    assert finding(CHECK, key_under(Principal={"AWS": "*"}, Condition=condition)).status == "pass"


def test_named_principals_and_a_deny_for_everybody_pass() -> None:
    assert finding(CHECK, secret_under(Principal={"AWS": ROLE_ARN})).status == "pass"
    assert finding(CHECK, secret_under(Principal="*", Effect="Deny")).status == "pass"
