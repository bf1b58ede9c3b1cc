"""Whether DescribeSecret is allowed as well."""

from tests.checks.building import READ, evidence, finding, secrets_statement, with_statement

CHECK = "describe_secret_is_allowed"


def test_it_passes() -> None:
    assert finding(CHECK, evidence()).status == "pass"


def test_alone_it_fails_and_the_read_does_not_hang_on_it() -> None:
    found = finding(CHECK, secrets_statement("ReadSecrets", Action=READ))
    assert (found.status, found.weight) == ("fail", "matters")


def test_refused_by_what_refuses_the_read_it_is_no_second_fault() -> None:
    found = finding(CHECK, with_statement(Effect="Deny", Action="secretsmanager:*", Resource="*"))
    assert found.status == "skipped"


def test_refused_by_another_statement_it_is_one() -> None:
    found = finding(
        CHECK, with_statement(Effect="Deny", Action="secretsmanager:DescribeSecret", Resource="*")
    )
    assert found.status == "fail"
