"""Whether this console may write."""

import json
from dataclasses import replace

import pytest

from deploy.demo.policies import console_access
from secrets_ui.domain.access.evidence import AccessEvidence, CallerIdentity, NotAsked, RoleEvidence
from tests.checks.building import (
    CONSOLE,
    CONSOLE_POLICY,
    ENVIRONMENT,
    KEY_ARN,
    denied,
    document,
    evidence,
    finding,
    key_statement,
    known,
)

CHECK = "console_may_write"


def without(action: str) -> AccessEvidence:
    whole = console_access(ENVIRONMENT, KEY_ARN)
    for statement in whole["Statement"]:
        statement["Action"] = [item for item in statement["Action"] if item != action]
    documents = {
        CONSOLE_POLICY: document("miyabi-console-access", json.dumps(whole), CONSOLE_POLICY)
    }
    return evidence(console=replace(CONSOLE, documents=documents))


def test_it_passes_and_names_what_it_needs() -> None:
    assert "kms:GenerateDataKey" in finding(CHECK, evidence()).text


@pytest.mark.parametrize(
    "action", ["secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
)
def test_a_right_that_is_missing_fails_with_the_statement_to_add(action: str) -> None:
    found = finding(CHECK, without(action))
    assert (found.status, found.weight) == ("fail", "matters")
    assert f'"{action}"' in found.missing


def test_a_key_policy_that_does_not_name_it_fails() -> None:
    found = finding(
        CHECK, key_statement("ConsoleUsesTheKeyThroughSecretsManager", Action=["kms:Decrypt"])
    )
    assert found.status == "fail"


def test_its_own_role_that_it_may_not_read_is_unknown_with_the_statement_to_add() -> None:
    unread = denied("iam:GetRole", "miyabi-console")
    console = RoleEvidence(unread, unread, unread, {}, NotAsked("the role"))
    found = finding(CHECK, evidence(console=console))
    assert found.status == "unknown"
    assert '"arn:aws:iam::111111111111:role/miyabi-console"' in found.missing


def test_a_console_without_a_role_is_told_and_takes_nothing_away() -> None:
    nothing = NotAsked("a role of this console")
    console = RoleEvidence(nothing, nothing, nothing, {}, nothing)
    environment = replace(ENVIRONMENT, assume_role="")
    caller = known(CallerIdentity("111111111111", "arn:aws:iam::111111111111:user/hana"))
    found = finding(CHECK, evidence(environment=environment, console=console, caller=caller))
    assert (found.status, found.weight) == ("unknown", "second opinion")
