"""Whether the Lambda's role exists."""

from tests.checks.building import MISSING, denied, evidence, finding


def test_it_passes_and_counts_the_policies() -> None:
    assert finding("role_exists", evidence()).short == "exists, 3 policies"


def test_a_role_that_is_gone_fails_and_says_what_a_new_one_lacks() -> None:
    found = finding("role_exists", evidence(role=MISSING))
    assert found.status == "fail"
    assert "name it again" in found.remedy.text


def test_unread_it_is_unknown_with_the_statement_to_add() -> None:
    found = finding("role_exists", evidence(role=denied("iam:GetRole", "miyabi-lambda-execution")))
    assert found.status == "unknown"
    assert '"arn:aws:iam::111111111111:role/miyabi-lambda-execution"' in found.missing
