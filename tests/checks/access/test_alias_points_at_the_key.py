"""Whether the alias points at the key that encrypts the secret."""

from secrets_ui.domain.access.evidence import Key
from secrets_ui.services.access.check import judge
from tests.checks.building import KEY_ARN, MISSING, OTHER_KEY_ARN, denied, evidence, finding, known

CHECK = "alias_points_at_the_key"


def test_it_passes() -> None:
    assert finding(CHECK, evidence()).status == "pass"


def test_a_moved_alias_fails_and_the_lambda_reads_all_the_same() -> None:
    run = judge(evidence(alias=known(Key(OTHER_KEY_ARN, "Enabled"))))
    found = run.finding(CHECK)
    assert (found.status, run.answer, run.exit_status) == ("fail", "yes", 1)
    assert run.finding("key_is_the_expected_one").status == "pass"
    assert (
        "update-alias --alias-name alias/miyabi-secrets --target-key-id "
        f"{KEY_ARN.rpartition('/')[2]}"
    ) in found.remedy.cli


def test_an_alias_that_is_not_there_fails_with_a_command_that_makes_it() -> None:
    found = finding(CHECK, evidence(alias=MISSING))
    assert found.status == "fail"
    assert "create-alias" in found.remedy.cli


def test_unread_it_is_unknown_with_a_statement_that_names_the_alias_by_a_condition() -> None:
    found = finding(CHECK, evidence(alias=denied("kms:DescribeKey", "alias/miyabi-secrets")))
    assert found.status == "unknown"
    assert "kms:ResourceAliases" in found.missing
    assert ":alias/" not in found.missing


def test_without_a_secret_the_policies_tell_whether_it_was_moved() -> None:
    gone = {"secret": MISSING, "versions": MISSING, "resource_policy": MISSING}
    other = known(Key(OTHER_KEY_ARN, "Enabled"))
    assert finding(CHECK, evidence(alias=other, key=other, **gone)).status == "fail"
    assert finding(CHECK, evidence(**gone)).status == "skipped"
