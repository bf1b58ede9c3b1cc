"""The trap of another Region in an ARN."""

from secrets_ui.services.access.check import judge
from tests.checks.building import (
    KEY_ARN,
    READ,
    SECRET_ARN,
    finding,
    key_statement,
    secrets_statement,
    with_statement,
)

CHECK = "policies_name_this_region"
ELSEWHERE = SECRET_ARN.replace("us-west-2", "us-east-1")


def test_another_region_fails_and_the_main_checks_are_skipped() -> None:
    run = judge(secrets_statement("ReadSecrets", Resource=ELSEWHERE))
    found = run.finding(CHECK)
    assert (found.status, run.answer) == ("fail", "no")
    assert "us-east-1" in found.text
    assert {
        run.finding(f"{name}_is_allowed").status for name in ("get_secret_value", "describe_secret")
    } == {"skipped"}


def test_a_replica_named_beside_the_right_one_is_no_trap() -> None:
    assert (
        finding(CHECK, secrets_statement("ReadSecrets", Resource=[SECRET_ARN, ELSEWHERE])).status
        == "pass"
    )


def test_another_secret_elsewhere_is_no_trap() -> None:
    found = finding(
        CHECK,
        with_statement(
            Effect="Allow",
            Action=READ,
            Resource="arn:aws:secretsmanager:us-east-1:111111111111:secret:other-??????",
        ),
    )
    assert found.status == "pass"


def test_the_key_s_region_counts_where_the_key_policy_does_not_allow_by_itself() -> None:
    found = finding(
        CHECK,
        secrets_statement("DecryptSecrets", Resource=KEY_ARN.replace("us-west-2", "us-east-1")),
    )
    assert found.status == "warn"


def test_a_wildcard_for_the_region_passes() -> None:
    found = finding(
        CHECK, secrets_statement("ReadSecrets", Resource=SECRET_ARN.replace("us-west-2", "*"))
    )
    assert found.status == "pass"


def test_the_region_in_a_condition_is_the_key_policy_s_own_matter() -> None:
    wrong = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    assert finding(CHECK, key_statement(Condition=wrong)).status == "pass"
