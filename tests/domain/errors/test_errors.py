"""errors: each is fit for people: a title, a status, a text, AWS's own words where it spoke."""

import inspect

import pytest

from secrets_ui.domain import errors
from secrets_ui.domain.errors import (
    AwsAccessDenied,
    AwsCall,
    AwsError,
    AwsThrottled,
    ConsoleError,
    EnvironmentNotFound,
)

CALL = AwsCall(
    "secretsmanager:GetSecretValue",
    "miyabi/dev/api-keys",
    "us-west-2",
    "AccessDeniedException",
    "r-1",
    "aws …",
)
KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, ConsoleError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_title_and_a_status_for_its_page(kind: type[ConsoleError]) -> None:
    assert kind.title
    assert 400 <= kind.status < 600
    assert not kind.title.endswith(".")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if issubclass(kind, AwsError)])
def test_an_error_of_aws_carries_the_call(kind: type[AwsError]) -> None:
    error = (
        kind("It failed.", CALL, "iam:Action")
        if kind is AwsAccessDenied
        else kind("It failed.", CALL)
    )
    assert error.call == CALL
    assert error.message == str(error) == "It failed."


def test_a_denied_call_names_the_permission_that_is_missing() -> None:
    error = AwsAccessDenied("It failed.", CALL, "kms:Decrypt")
    assert error.permission == "kms:Decrypt"
    assert error.remedy == "Allow kms:Decrypt in the console's role, on this resource."


def test_a_remedy_of_its_own_comes_before_that_of_its_kind() -> None:
    assert AwsThrottled("Slow.", CALL).remedy == AwsThrottled.remedy
    assert AwsThrottled("Slow.", CALL, remedy="Drink tea.").remedy == "Drink tea."


def test_an_unknown_environment_is_told_beside_those_that_there_are() -> None:
    error = EnvironmentNotFound("x" * 500, ("dev", "prod"))
    assert error.remedy == "The environments are dev, prod."
    assert len(error.message) < 120
