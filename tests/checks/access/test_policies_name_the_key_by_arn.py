"""The trap of an alias as a Resource."""

from secrets_ui.services.access.check import judge
from tests.checks.building import (
    ACCESS_ARN,
    KEY_ARN,
    READER,
    ROOT,
    evidence,
    finding,
    known,
    policy,
    secrets_statement,
    with_statement,
)

CHECK = "policies_name_the_key_by_arn"
ALIAS = "arn:aws:kms:us-west-2:111111111111:alias/miyabi-secrets"


def test_beside_a_key_policy_that_allows_it_is_a_warning() -> None:
    found = finding(CHECK, secrets_statement("DecryptSecrets", Resource=ALIAS))
    assert (found.status, found.shown[0].marked) == ("warn", "Resource")
    assert KEY_ARN in found.remedy.cli


def test_under_a_key_policy_that_leaves_it_to_iam_it_fails_and_decrypt_is_skipped() -> None:
    documents = secrets_statement("DecryptSecrets", Resource=ALIAS).documents
    run = judge(evidence(documents=documents, key_policy=known(policy(ROOT))))
    assert (run.finding(CHECK).status, run.finding("decrypt_is_allowed").status, run.answer) == (
        "fail",
        "skipped",
        "no",
    )
    assert run.finding(CHECK).remedy
    assert "still refuses" in run.finding(CHECK).remedy.tried


def test_an_alias_is_right_where_aliases_are_managed() -> None:
    found = finding(
        CHECK,
        with_statement(
            Effect="Allow", Action=["kms:CreateAlias", "kms:UpdateAlias"], Resource=ALIAS
        ),
    )
    assert found.status == "pass"


def test_the_key_s_arn_passes_and_so_does_a_condition_on_the_alias() -> None:
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/miyabi-secrets"}}
    found = finding(
        CHECK,
        secrets_statement(
            "DecryptSecrets", Resource=KEY_ARN.rpartition("/")[0] + "/*", Condition=condition
        ),
    )
    assert found.status == "pass"
    assert ACCESS_ARN in READER.documents
