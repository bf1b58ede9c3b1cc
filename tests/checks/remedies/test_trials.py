"""Trials: a change that opens more than was asked is told so."""

from typing import Any

import pytest

from secrets_ui.checks.remedies.policy_changes import with_new_statement
from secrets_ui.checks.remedies.trials import probe, tried
from secrets_ui.domain.access.evidence import AccessEvidence
from secrets_ui.domain.access.path import ask_decrypt
from secrets_ui.domain.access.policies import list_policies
from tests.checks.building import ACCESS_ARN, ROLE_ARN, evidence

ROOT = {"AWS": "arn:aws:iam::111111111111:root"}


def after(where: str, **members: Any) -> AccessEvidence:
    policy = next(item for item in list_policies(evidence()) if item.location == where)
    return with_new_statement(
        policy, {"Sid": "New", "Effect": "Allow", "Resource": "*"} | members, "words"
    ).applied(evidence())


def test_nothing_is_opened_by_no_change() -> None:
    opened, refused = probe(evidence(), evidence())
    assert opened == []
    assert len(refused) == 6


@pytest.mark.parametrize(
    ("where", "members", "opened"),
    [
        (
            "key",
            {"Principal": {"AWS": ROLE_ARN}, "Action": "kms:Decrypt"},
            ["another service", "a call to KMS without Secrets Manager"],
        ),
        ("key", {"Principal": ROOT, "Action": "kms:Decrypt"}, ["another role"]),
        (
            "key",
            {"Principal": "*", "Action": "kms:Decrypt"},
            ["another role", "another service", "a call to KMS without Secrets Manager"],
        ),
        (f"identity:{ACCESS_ARN}", {"Action": "secretsmanager:GetSecretValue"}, ["another secret"]),
        (
            f"identity:{ACCESS_ARN}",
            {"Action": "secretsmanager:*"},
            ["another secret", "writing by the Lambda"],
        ),
    ],
)
def test_who_gets_in_besides_is_named(
    where: str, members: dict[str, Any], opened: list[str]
) -> None:
    changed = after(where, **members)
    assert probe(evidence(), changed)[0] == opened
    assert f"It also opens the way for {opened[0]}" in tried(evidence(), changed, ask_decrypt)
