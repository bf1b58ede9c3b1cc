"""Whether the role may decrypt through Secrets Manager."""

import json
from dataclasses import replace
from typing import Any

import pytest

from secrets_ui.domain.access.evidence import AccessEvidence
from secrets_ui.domain.iam import Grant
from secrets_ui.services.access.check import judge
from tests.checks.building import (
    KEY_ARN,
    ROLE_ARN,
    ROOT,
    SECRET_ARN,
    VERSION,
    denied,
    evidence,
    finding,
    key_statement,
    known,
    policy,
    secrets_statement,
    with_statement,
)

CHECK = "decrypt_is_allowed"
VIA = "secretsmanager.us-west-2.amazonaws.com"


def test_it_passes_and_shows_the_statements_that_decide() -> None:
    found = finding(CHECK, evidence())
    assert found.status == "pass"
    assert "LambdaDecryptsThroughSecretsManager" in {shown.document["Sid"] for shown in found.shown}


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        (
            {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}},
            f"here it is {VIA}",
        ),
        ({"StringLike": {"kms:ViaService": "s3.*"}}, f"here it is {VIA}"),
        ({"StringEquals": {"kms:CallerAccount": "999999999999"}}, "here it is 111111111111"),
        (
            {
                "StringEquals": {
                    "kms:EncryptionContext:SecretARN": (
                        "arn:aws:secretsmanager:us-west-2:111111111111:secret:other-AbCdEf"
                    )
                }
            },
            SECRET_ARN,
        ),
        ({"Bool": {"aws:ViaAWSService": "false"}}, "here it is true"),
        ({"StringEquals": {"kms:RequestAlias": "alias/miyabi-secrets"}}, "does not have that key"),
    ],
)
def test_a_condition_that_does_not_hold_fails_with_wanted_and_actual(
    condition: dict[str, Any], result: str
) -> None:
    found = finding(CHECK, key_statement(Condition=condition))
    assert (found.status, found.shown[0].marked, str(found.error)) == (
        "fail",
        "Condition",
        "AccessDeniedException: Access to KMS is not allowed",
    )
    assert result in found.text


def test_the_remedy_of_a_wrong_region_replaces_it_and_opens_nothing_else() -> None:
    found = finding(
        CHECK,
        key_statement(
            Condition={"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
        ),
    )
    assert f'"kms:ViaService" = "{VIA}"' in found.remedy.terraform
    assert (
        "terraform apply -target=module.miyabi_secrets.aws_kms_key.secrets"
        in found.remedy.terraform
    )
    for stays_out in (
        "another role",
        "another account",
        "another secret",
        "another service",
        "a call to KMS without Secrets Manager",
    ):
        assert stays_out in found.remedy.tried


def test_a_key_policy_without_a_word_of_the_role_gets_the_statement_of_the_set_up_guide() -> None:
    found = finding(
        CHECK, key_statement(Principal={"AWS": "arn:aws:iam::111111111111:role/somebody"})
    )
    assert found.status == "fail"
    whole = json.loads(found.remedy.cli.partition("--policy '")[2].partition("'")[0])
    assert whole["Statement"][-1]["Principal"] == {"AWS": ROLE_ARN}


def test_a_key_policy_that_leaves_it_to_iam_needs_iam_to_allow() -> None:
    root = known(policy(ROOT))
    assert finding(CHECK, evidence(key_policy=root)).status == "pass"
    documents = secrets_statement(
        "DecryptSecrets", Resource=KEY_ARN.replace("1234abcd", "eeeeeeee")
    ).documents
    found = finding(CHECK, evidence(key_policy=root, documents=documents))
    assert found.status == "fail"
    assert "leaves it to IAM" in found.text
    assert "aws_iam_policy.secrets_access" in found.remedy.terraform


def test_without_the_account_in_the_key_policy_iam_alone_does_nothing() -> None:
    found = finding(CHECK, evidence(key_policy=known(policy({**ROOT, "Action": "kms:Describe*"}))))
    assert found.status == "fail"


@pytest.mark.parametrize(
    "constraint", [{}, {"Constraints": {"EncryptionContextSubset": {"SecretARN": SECRET_ARN}}}]
)
def test_a_grant_allows_by_itself(constraint: dict[str, Any]) -> None:
    grant = Grant.of(
        {
            "GrantId": "g",
            "KeyId": KEY_ARN,
            "GranteePrincipal": ROLE_ARN,
            "Operations": ["Decrypt"],
            **constraint,
        }
    )
    found = finding(
        CHECK,
        evidence(
            key_policy=known(policy({**ROOT, "Action": "kms:Describe*"})), grants=known((grant,))
        ),
    )
    assert found.status == "pass"


def test_a_deny_in_iam_and_a_condition_that_fails_are_told_together() -> None:
    given = with_statement(Sid="No", Effect="Deny", Action="kms:*", Resource="*")
    wrong = key_statement(
        Condition={"StringEquals": {"kms:ViaService": "ssm.us-west-2.amazonaws.com"}}
    ).key_policy
    found = finding(CHECK, replace(given, key_policy=wrong))
    assert "No denies kms:Decrypt" in found.text
    assert "here it is secretsmanager.us-west-2" in found.text


def test_an_address_in_a_deny_of_the_key_policy_is_unknown_unless_it_spares_calls_of_services() -> (
    None
):
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    }
    whole = json.loads(evidence().key_policy.value)
    whole["Statement"].append(deny)
    assert finding(CHECK, evidence(key_policy=known(json.dumps(whole)))).status == "unknown"
    deny["Condition"]["Bool"] = {"aws:ViaAWSService": "false"}
    assert finding(CHECK, evidence(key_policy=known(json.dumps(whole)))).status == "pass"


@pytest.mark.parametrize("member", ["key_policy", "grants"])
def test_unread_it_is_unknown_with_the_statement_to_add(member: str) -> None:
    permission = {"key_policy": "kms:GetKeyPolicy", "grants": "kms:ListGrants"}[member]
    wrong = key_statement(
        Condition={"StringEquals": {"kms:ViaService": "ssm.us-west-2.amazonaws.com"}}
    ).key_policy
    given = evidence(**{"key_policy": wrong, member: denied(permission, KEY_ARN)})
    found = finding(CHECK, given)
    assert found.status == "unknown"
    assert KEY_ARN in found.missing


def test_the_boundary_is_another_check_s_matter() -> None:
    from tests.checks.building import document

    boundary = document(
        "limits",
        policy({"Effect": "Deny", "Action": "kms:*", "Resource": "*"}),
        "arn:aws:iam::111111111111:policy/limits",
    )
    run = judge(evidence(boundary=boundary))
    assert (run.finding(CHECK).status, run.finding("boundary_allows").status) == ("pass", "fail")


ARN_KEY, VERSION_KEY = "kms:EncryptionContext:SecretARN", "kms:EncryptionContext:SecretVersionId"
THROUGH = {"kms:ViaService": VIA}
UNSEEN = denied("secretsmanager:DescribeSecret")


def only_version(version: str, **members: Any) -> AccessEvidence:
    return key_statement(Condition={"StringEquals": {**THROUGH, VERSION_KEY: version}}, **members)


def granted(**constraints: dict[str, str]) -> AccessEvidence:
    """The key policy says nothing of the role, and a grant does."""
    grant = {"GrantId": "g", "GranteePrincipal": ROLE_ARN, "Operations": ["Decrypt"]}
    return evidence(
        key_policy=known(policy({**ROOT, "Action": "kms:Describe*"})),
        grants=known((Grant.of({**grant, "Constraints": constraints}),)),
    )


def test_a_policy_that_fits_an_older_version_fails_and_one_that_fits_this_one_alone_warns() -> None:
    old = finding(CHECK, only_version("b" * 64))
    assert old.status == "fail"
    assert f"here it is {VERSION}" in old.text
    now = finding(CHECK, only_version(VERSION))
    assert (now.status, now.short) == ("warn", "not the next version")
    assert judge(only_version(VERSION)).answer == "yes"
    for found in (old, now):
        assert "no condition on kms:EncryptionContext:SecretVersionId" in found.remedy.text
        assert "they allow kms:Decrypt" in found.remedy.tried
        assert VIA in found.remedy.cli
        assert VERSION_KEY not in found.remedy.cli


def test_a_deny_of_every_other_version_warns_and_its_remedy_spares_the_role() -> None:
    deny = {
        "Sid": "Old",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringNotEquals": {VERSION_KEY: VERSION}},
    }
    whole = json.loads(evidence().key_policy.value)
    whole["Statement"].append(deny)
    found = finding(CHECK, evidence(key_policy=known(json.dumps(whole))))
    assert (found.status, found.remedy.text if found.remedy else "") == (
        "warn",
        "Exclude miyabi-lambda-execution from statement Old of the key policy.",
    )


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (granted(EncryptionContextSubset={"SecretARN": SECRET_ARN}), "pass"),
        (granted(EncryptionContextSubset={"SecretVersionId": VERSION}), "warn"),
        (
            granted(EncryptionContextEquals={"SecretARN": SECRET_ARN, "SecretVersionId": VERSION}),
            "warn",
        ),
        # The context has two members, so one alone is never all of it.
        (granted(EncryptionContextEquals={"SecretARN": SECRET_ARN}), "fail"),
        (granted(EncryptionContextSubset={"SecretVersionId": "b" * 64}), "fail"),
        (granted(EncryptionContextSubset={"SecretARN": f"{SECRET_ARN[:-1]}G"}), "fail"),
    ],
)
def test_a_grant_s_constraints_are_held_against_the_current_version(
    given: AccessEvidence, status: str
) -> None:
    found = finding(CHECK, given)
    assert found.status == status
    assert status != "warn" or "and not the next one: grant g is for this version" in found.text


@pytest.mark.parametrize(
    "given",
    [
        only_version(VERSION),
        only_version("b" * 64),
        key_statement(Condition={"StringEquals": {**THROUGH, ARN_KEY: SECRET_ARN}}),
        granted(EncryptionContextSubset={"SecretVersionId": VERSION}),
    ],
)
def test_without_the_secret_its_arn_and_version_are_not_known(given: AccessEvidence) -> None:
    assert finding(CHECK, replace(given, secret=UNSEEN)).status == "unknown"
    assert finding(CHECK, evidence(secret=UNSEEN)).status == "pass"


def test_what_a_version_to_be_made_is_called_is_not_known() -> None:
    """The console encrypts a new version, and its id is none that a policy could name before."""
    whole = json.loads(evidence().key_policy.value)
    for statement in whole["Statement"]:
        statement["Condition"] = {"StringEquals": {VERSION_KEY: VERSION}}
    found = finding("console_may_write", evidence(key_policy=known(json.dumps(whole))))
    assert found.status == "unknown"
    assert "kms:GenerateDataKey" in found.text
