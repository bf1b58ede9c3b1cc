"""The trap of an action name that is none."""

import json
from typing import Any

import pytest

from secrets_ui.checks.access import run_checks
from secrets_ui.domain.access.evidence import AccessEvidence
from secrets_ui.services.access.check import judge
from tests.checks.building import (
    READER,
    document,
    evidence,
    finding,
    key_statement,
    known,
    policy,
    secrets_statement,
    with_statement,
)

CHECK = "policies_name_real_actions"
READ, DESCRIBE = "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def with_policy_of_aws(**members: Any) -> AccessEvidence:
    of_aws = document("ReadOnlyAccess", policy(members), READ_ONLY)
    documents = {**READER.documents, READ_ONLY: of_aws}
    return evidence(documents=documents, attached=known(tuple(documents)))


@pytest.mark.parametrize(
    "action",
    [
        "secretsmanager:GetSecretsValue",
        "secretmanager:GetSecretValue",
        "secretsmanager:GetSecretValues",
        "secretsmanager:GetSecretvalue ",
        "secretsmanager: GetSecretValue",
        "secretsmanager.GetSecretValue",
        "GetSecretValue",
        "secretsmanager:getsecretvlaue",
    ],
)
def test_a_misspelt_action_is_named_with_the_one_that_was_meant(action: str) -> None:
    run = judge(secrets_statement("ReadSecrets", Action=[action, DESCRIBE]))
    found = run.finding(CHECK)
    assert (found.status, found.shown[0].marked) == ("fail", "Action")
    assert (
        "Statement ReadSecrets of policy miyabi-lambda-secrets-access names the action"
        in found.text
    )
    assert repr(action) in found.text
    assert f"{READ} was probably meant" in found.text
    assert run.finding("get_secret_value_is_allowed").status == "skipped"
    assert "unknown" not in {f.status for f in run.findings}
    assert json.dumps([READ, DESCRIBE]) in found.remedy.cli
    assert f"they allow {READ}" in found.remedy.tried
    assert READ in found.error.message


def test_a_misspelt_action_of_kms_is_named() -> None:
    run = judge(key_statement(Action="kms:Decrpyt"))
    found = run.finding(CHECK)
    assert found.status == "fail"
    assert "kms:Decrypt was probably meant" in found.text
    assert run.finding("decrypt_is_allowed").status == "skipped"


def test_a_misspelt_describe_is_named() -> None:
    run = judge(secrets_statement("ReadSecrets", Action=[READ, "secretsmanager:DescribeSecrets"]))
    found = run.finding(CHECK)
    assert found.status == "fail"
    assert DESCRIBE in found.error.message
    assert run.finding("describe_secret_is_allowed").status == "skipped"


def test_beside_one_that_is_right_it_is_a_warning() -> None:
    given = with_statement(Effect="Allow", Action="secretsmanager:GetSecretsValue", Resource="*")
    found = finding(CHECK, given)
    assert (found.status, found.weight) == ("warn", "matters")


@pytest.mark.parametrize("action", ["access-analyzer:X ", "no colon at all", "a:b:c", "s3:"])
def test_a_malformed_action_of_another_service_is_named_and_blinds_nothing(action: str) -> None:
    run = judge(with_statement(Effect="Allow", Action=action, Resource="*"))
    found = run.finding(CHECK)
    assert found.status == "warn"
    assert repr(action) in found.text
    assert "policy one-more" in found.text
    assert run.answer == "yes"
    assert {f.status for f in run.findings if f.check != CHECK} == {"pass"}


@pytest.mark.parametrize("effect", ["Deny", "Allow"])
def test_what_a_correction_could_refuse_is_left_to_a_person(effect: str) -> None:
    element = "Action" if effect == "Deny" else "NotAction"
    members = {element: ["secretsmanager:GetSecretsValue", "s3:GetObject"]}
    found = finding(CHECK, with_statement(Effect=effect, Resource="*", **members))
    assert found.status == "warn"
    assert found.remedy is None


@pytest.mark.parametrize(
    "action",
    [
        "*",
        "secretsmanager:*",
        "secretsmanager:Get*",
        "s3:GetObject",
        "KMS:decrypt",
        "kms:ReEncryptTo",
    ],
)
def test_what_exists_passes(action: str) -> None:
    given = with_statement(Effect="Allow", Action=[action, "kms:Sign"], Resource="arn:aws:s3:::x")
    assert finding(CHECK, given).status == "pass"


def test_a_policy_of_awss_own_changes_no_check() -> None:
    given = with_policy_of_aws(
        Effect="Allow",
        Action=["access-analyzer:X ", "secretsmanager:GetSecretsValue"],
        Resource="*",
    )
    assert {found.status for found in run_checks(given)} == {"pass"}
    assert "'access-analyzer:X ' in policy ReadOnlyAccess" in finding(CHECK, given).text
