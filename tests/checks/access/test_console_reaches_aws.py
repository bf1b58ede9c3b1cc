"""Whether this console reaches AWS, as whom it should."""

from secrets_ui.domain.access.evidence import CallerIdentity, Denied
from secrets_ui.domain.errors import AwsCall
from tests.checks.building import evidence, finding, known, unreachable


def test_it_passes_in_its_role_and_account() -> None:
    assert finding("console_reaches_aws", evidence()).status == "pass"


def test_another_account_fails_and_names_both() -> None:
    found = finding(
        "console_reaches_aws",
        evidence(caller=known(CallerIdentity("999999999999", "arn:aws:iam::999999999999:root"))),
    )
    assert found.status == "fail"
    assert "999999999999" in found.text
    assert "111111111111" in found.text


def test_another_role_of_the_account_is_a_warning() -> None:
    caller = known(
        CallerIdentity("111111111111", "arn:aws:sts::111111111111:assumed-role/somebody/hana")
    )
    assert finding("console_reaches_aws", evidence(caller=caller)).status == "warn"


def test_a_role_that_may_not_be_assumed_is_unknown_with_the_statement_to_add() -> None:
    found = finding(
        "console_reaches_aws", evidence(caller=Denied(AwsCall("sts:AssumeRole"), "sts:AssumeRole"))
    )
    assert found.status == "unknown"
    assert '"arn:aws:iam::111111111111:role/miyabi-console"' in found.missing
    assert "trust policy" in found.remedy.text


def test_no_policy_is_to_be_changed_where_aws_does_not_answer() -> None:
    silent = unreachable()
    given = evidence(caller=silent, role=silent, secret=silent, alias=silent)
    found = finding("console_reaches_aws", given)
    assert (found.status, found.remedy) == ("unknown", None)
    assert "no answer in time" in found.text


def test_an_identity_that_did_not_come_is_no_more_than_a_second_opinion_when_the_rest_answers() -> (
    None
):
    found = finding("console_reaches_aws", evidence(caller=unreachable()))
    assert (found.status, found.weight) == ("unknown", "second opinion")
