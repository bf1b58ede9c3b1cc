"""Whether the secret exists here."""

from tests.checks.building import MISSING, NAME, denied, evidence, finding


def test_it_passes_with_the_arn() -> None:
    assert "arn:aws:secretsmanager:us-west-2" in finding("secret_exists", evidence()).text


def test_a_secret_that_is_not_here_fails_with_the_bare_name_in_the_error() -> None:
    found = finding("secret_exists", evidence(secret=MISSING))
    assert found.status == "fail"
    assert "us-west-2" in found.text
    assert f"on resource: {NAME} because" in found.error.message
    assert found.error.source == "seen"


def test_unread_it_is_unknown_with_the_statement_to_add() -> None:
    found = finding("secret_exists", evidence(secret=denied("secretsmanager:DescribeSecret", NAME)))
    assert found.status == "unknown"
    assert f"secret:{NAME}-??????" in found.missing
