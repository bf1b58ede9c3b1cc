"""Remedies for refusals: the smallest change, tried on the evaluator."""

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest

from secrets_ui.domain.access.evidence import AccessEvidence
from secrets_ui.domain.access.finding import Finding
from tests.checks.building import (
    KEY_ARN,
    NAME,
    READ,
    ROLE_ARN,
    SECRET_ARN,
    finding,
    key_statement,
    known,
    secrets_statement,
    with_statement,
)

CHECK = "get_secret_value_is_allowed"


def tagged(given: AccessEvidence, role: dict[str, str], secret: dict[str, str]) -> AccessEvidence:
    return replace(
        given,
        role=known(replace(given.role.value, tags=role)),
        secret=known(replace(given.secret.value, tags=secret)),
    )


def remedy_of(found: Finding) -> Any:
    assert found.status == "fail"
    assert found.remedy
    return found.remedy


def test_a_deny_of_all_but_a_list_gets_the_secret_added_to_the_list() -> None:
    other = SECRET_ARN.replace("api-keys", "config")
    given = with_statement(Sid="Guard", Effect="Deny", Action=READ, NotResource=other)
    remedy = remedy_of(finding(CHECK, given))
    assert "Remove statement" not in remedy.text
    assert remedy.text.startswith(f"Exclude {SECRET_ARN} from")
    assert json.dumps([other, SECRET_ARN]) in remedy.cli
    assert "they allow secretsmanager:GetSecretValue" in remedy.tried


def test_a_deny_of_all_but_a_key_gets_the_key_added() -> None:
    other = KEY_ARN.replace("1234abcd", "ffffffff")
    given = with_statement(Sid="Guard", Effect="Deny", Action="kms:Decrypt", NotResource=[other])
    remedy = remedy_of(finding("decrypt_is_allowed", given))
    assert json.dumps([other, KEY_ARN]) in remedy.cli


TEAM = {"StringEquals": {"aws:PrincipalTag/team": "platform"}}
NOT_TEAM = {"StringNotEquals": {"aws:PrincipalTag/team": "platform"}}
SAME_TEAM = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
OWN_TEAM = {"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}}


@pytest.mark.parametrize("condition", [TEAM, SAME_TEAM, OWN_TEAM])
def test_a_refusal_for_want_of_a_tag_offers_to_tag_the_role(condition: dict[str, Any]) -> None:
    given = tagged(secrets_statement("ReadSecrets", Condition=condition), {}, {"team": "platform"})
    found = finding(CHECK, given)
    remedy = remedy_of(found)
    assert "the role has no tag team" in found.text
    assert remedy.text == (
        "The role miyabi-lambda-execution lacks the tag team: give it team=platform."
    )
    assert shlex.split(remedy.cli) == [
        *("aws", "iam", "tag-role", "--role-name", "miyabi-lambda-execution"),
        *("--tags", '[{"Key": "team", "Value": "platform"}]'),
    ]
    assert '"team" = "platform"' in remedy.terraform
    assert "they allow secretsmanager:GetSecretValue" in remedy.tried


def test_a_deny_for_want_of_a_tag_offers_to_tag_the_role() -> None:
    given = with_statement(Effect="Deny", Action=READ, Resource="*", Condition=NOT_TEAM)
    found = finding(CHECK, given)
    assert "the role has no tag team" in found.text
    assert remedy_of(found).cli.startswith("aws iam tag-role")


def test_a_tag_that_the_secret_lacks_is_offered_for_the_secret() -> None:
    condition = {"StringEquals": {"secretsmanager:ResourceTag/env": "dev"}}
    remedy = remedy_of(finding(CHECK, secrets_statement("ReadSecrets", Condition=condition)))
    assert shlex.split(remedy.cli)[:5] == [
        *("aws", "secretsmanager", "tag-resource", "--secret-id", NAME)
    ]


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {"aws:PrincipalTag/team": "plat*"}},
        {"Null": {"aws:PrincipalTag/team": "false"}},
    ],
)
def test_a_tag_whose_value_only_a_person_knows_is_not_made_up(condition: dict[str, Any]) -> None:
    found = finding(CHECK, secrets_statement("ReadSecrets", Condition=condition))
    assert found.remedy is None or "tag-role" not in found.remedy.cli


def test_a_role_with_another_value_does_not_lack_the_tag() -> None:
    given = tagged(secrets_statement("ReadSecrets", Condition=TEAM), {"team": "web"}, {})
    found = finding(CHECK, given)
    assert "here it is web" in found.text
    assert "tag-role" not in remedy_of(found).cli


def test_a_variable_is_shown_with_its_value() -> None:
    given = tagged(
        secrets_statement("ReadSecrets", Condition=SAME_TEAM), {"team": "web"}, {"team": "platform"}
    )
    text = finding(CHECK, given).text
    assert "must be ${aws:PrincipalTag/team} (${aws:PrincipalTag/team} is web)" in text
    assert "here it is platform" in text


def test_a_variable_without_a_value_says_what_is_missing() -> None:
    given = tagged(secrets_statement("ReadSecrets", Condition=SAME_TEAM), {}, {"team": "platform"})
    text = finding(CHECK, given).text
    assert "${aws:PrincipalTag/team} has no value: the role has no tag team" in text


@pytest.mark.parametrize(
    ("principal", "is_shared"),
    [
        ({"AWS": ROLE_ARN}, False),
        ({"AWS": [ROLE_ARN, ROLE_ARN.replace("lambda", "batch")]}, True),
        ({"AWS": ROLE_ARN, "Service": "lambda.amazonaws.com"}, True),
        ("*", True),
    ],
)
def test_a_key_policy_s_statement_for_others_too_says_that_nobody_looked_at_them(
    principal: object, *, is_shared: bool
) -> None:
    wrong = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    given = key_statement(Principal=principal, Condition=wrong)
    remedy = remedy_of(finding("decrypt_is_allowed", given))
    assert ("Who else of the account gains by it was not looked at" in remedy.tried) is is_shared
