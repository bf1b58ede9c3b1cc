"""Whether the function runs as the role."""

from secrets_ui.domain.access.evidence import FunctionConfiguration
from tests.checks.building import MISSING, denied, evidence, finding, known

FUNCTION = "arn:aws:lambda:us-west-2:111111111111:function:miyabi-app"


def test_it_passes_for_the_role_whatever_its_path() -> None:
    role = "arn:aws:iam::111111111111:role/service-role/miyabi-lambda-execution"
    found = finding(
        "function_runs_as_role", evidence(function=known(FunctionConfiguration(FUNCTION, role)))
    )
    assert found.status == "pass"


def test_another_role_fails_with_a_command() -> None:
    found = finding(
        "function_runs_as_role",
        evidence(
            function=known(FunctionConfiguration(FUNCTION, "arn:aws:iam::111111111111:role/other"))
        ),
    )
    assert found.status == "fail"
    assert "--role arn:aws:iam::111111111111:role/miyabi-lambda-execution" in found.remedy.cli


def test_the_same_name_in_another_account_fails() -> None:
    role = "arn:aws:iam::999999999999:role/miyabi-lambda-execution"
    found = finding(
        "function_runs_as_role", evidence(function=known(FunctionConfiguration(FUNCTION, role)))
    )
    assert found.status == "fail"


def test_a_function_that_is_not_there_fails() -> None:
    assert finding("function_runs_as_role", evidence(function=MISSING)).status == "fail"


def test_unread_it_is_unknown_with_the_statement_to_add() -> None:
    found = finding(
        "function_runs_as_role",
        evidence(function=denied("lambda:GetFunctionConfiguration", "miyabi-app")),
    )
    assert found.status == "unknown"
    assert f'"{FUNCTION}"' in found.missing
