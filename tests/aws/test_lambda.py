"""Lambda's gateway changes one variable and nothing else, and no value of another leaves it."""

import json
from typing import Any

import pytest

from deploy.demo.account import assume, create_function
from deploy.demo.local_aws import LocalAws
from secrets_ui.aws.lambda_ import MOST, LambdaGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.changes.refresh import (
    MARKER,
    MAX_AGE,
    ROUTE,
    Alias,
    FunctionMoved,
    Provisioned,
)
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsError, AwsRefused, ThingNotFound
from tests.aws.calls import IN_TIME, assert_no_value, error_of
from tests.aws.fake_aws import Answer, FakeAws, Request, failure

MARK = "0123456789abcdef" * 2
CONFIGURATION = {
    "FunctionArn": "arn:aws:lambda:us-west-2:111111111111:function:f",
    "Role": "arn:aws:iam::111111111111:role/r",
    "RevisionId": "r-1",
}


@pytest.fixture
def function(local_aws: LocalAws, environment: Environment) -> Any:
    """boto3's client of an account that has the environment's function."""
    clients = assume(local_aws.endpoint, environment)
    role = clients.iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    create_function(clients.lambda_, environment, role)
    return clients.lambda_


@pytest.fixture
def gateway(local_sessions: AwsSessions, environment: Environment) -> LambdaGateway:
    return LambdaGateway(local_sessions.caller(environment, "hana"))


@pytest.fixture
def fake(fake_sessions: AwsSessions, environment: Environment) -> LambdaGateway:
    return LambdaGateway(fake_sessions.caller(environment, "hana"))


def update(gateway: LambdaGateway, name: str = "f", revision: str = "r-1") -> object:
    return gateway.update_function_configuration(
        name, mark=MARK, revision=revision, deadline=IN_TIME
    )


def answering(found: dict[str, Any], put: Answer) -> Any:
    """What Lambda answers to a reading and to a change."""
    read = Answer(200, json.dumps({**CONFIGURATION, **found}))
    return lambda request: put if request.body else read


def written(fake: FakeAws) -> list[Request]:
    return [request for request in fake.requests if request.body.startswith("{")]


def test_one_variable_is_set_and_everything_else_stays(
    gateway: LambdaGateway, function: Any, environment: Environment
) -> None:
    name = environment.lambda_function
    awkward = {"TOKEN": "ä'\"\\\n\t $(x) 日本", "EMPTY": "", MARKER: "f" * 32, MAX_AGE: "300"}
    awkward[ROUTE] = "batch"
    function.update_function_configuration(FunctionName=name, Environment={"Variables": awkward})
    before = function.get_function_configuration(FunctionName=name)
    looked = gateway.get_function_configuration(name).value
    assert (looked.mark, looked.max_age, looked.unreadable) == ("f" * 32, 300, "")
    assert looked.route == "batch"

    update(gateway, name, looked.revision)
    after = function.get_function_configuration(FunctionName=name)
    assert after["Environment"]["Variables"] == {**awkward, MARKER: MARK}
    moved = ("Environment", "RevisionId", "LastModified", "ResponseMetadata")
    assert {k: v for k, v in after.items() if k not in moved} == {
        k: v for k, v in before.items() if k not in moved
    }


def test_s63_a_function_that_somebody_changed_meanwhile_is_left_alone(
    gateway: LambdaGateway, function: Any, environment: Environment
) -> None:
    name = environment.lambda_function
    revision = gateway.get_function_configuration(name).value.revision
    function.update_function_configuration(FunctionName=name, Description="theirs")
    before = function.get_function_configuration(FunctionName=name)
    assert isinstance(error_of(lambda: update(gateway, name, revision)), FunctionMoved)
    after = function.get_function_configuration(FunctionName=name)
    assert after["RevisionId"] == before["RevisionId"]


def test_what_serves_is_told(
    gateway: LambdaGateway, function: Any, environment: Environment
) -> None:
    name = environment.lambda_function
    assert gateway.list_aliases(name).value == ()
    assert gateway.list_versions_by_function(name).value == ()
    function.publish_version(FunctionName=name)
    function.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    function.create_alias(FunctionName=name, Name="next", FunctionVersion="$LATEST")
    found = gateway.list_aliases(name).value
    assert set(found) == {Alias("live", ("1",)), Alias("next", ("$LATEST",))}
    assert gateway.list_versions_by_function(name).value == ("1",)
    assert gateway.list_provisioned_concurrency_configs(name).value == ()


def test_weights_and_provisioned_instances_are_read(fake_aws: FakeAws, fake: LambdaGateway) -> None:
    alias = {
        "Name": "live",
        "FunctionVersion": "7",
        "RoutingConfig": {"AdditionalVersionWeights": {"8": 0.1}},
    }
    kept = {
        "FunctionArn": f"{CONFIGURATION['FunctionArn']}:live",
        "RequestedProvisionedConcurrentExecutions": 5,
        "Status": "READY",
    }
    body = {"Aliases": [alias], "ProvisionedConcurrencyConfigs": [kept]}
    fake_aws.answer = lambda request: Answer(200, json.dumps(body))
    assert fake.list_aliases("f").value == (Alias("live", ("7", "8")),)
    listed = fake.list_provisioned_concurrency_configs("f").value
    assert listed == (Provisioned("live", 5, "READY"),)


def test_a_list_without_an_end_is_not_read_to_its_end(
    fake_aws: FakeAws, fake: LambdaGateway
) -> None:
    page = [{"Name": "a", "FunctionVersion": "1"}] * 50

    def answer(request: Request) -> Answer:
        marker = f"m{len(fake_aws.requests)}"
        return Answer(200, json.dumps({"Aliases": page, "NextMarker": marker}))

    fake_aws.answer = answer
    assert isinstance(error_of(lambda: fake.list_aliases("f")), AwsRefused)
    assert len(fake_aws.requests) <= MOST / 50 + 2


def test_variables_that_aws_could_not_decrypt_are_never_replaced(
    fake_aws: FakeAws, fake: LambdaGateway
) -> None:
    error = {"ErrorCode": "AccessDeniedException", "Message": "not authorized: kms:Decrypt"}
    fake_aws.answer = answering({"Environment": {"Error": error}}, Answer())
    assert fake.get_function_configuration("f").value.unreadable == "AccessDeniedException"
    assert isinstance(error_of(lambda: update(fake)), AwsRefused)
    assert written(fake_aws) == []


REFUSALS: list[tuple[str, int, type[AwsError], str]] = [
    ("PreconditionFailedException", 412, FunctionMoved, "is another now"),
    ("ResourceConflictException", 409, AwsRefused, "another update"),
    ("InvalidParameterValueException", 400, AwsRefused, "4 KB"),
    ("KMSAccessDeniedException", 502, AwsRefused, "AWS KMS"),
    ("ResourceNotFoundException", 404, ThingNotFound, "AWS has no f"),
]


@pytest.mark.parametrize(("code", "status", "kind", "words"), REFUSALS)
@pytest.mark.usefixtures("quick")
def test_a_refusal_is_told_without_aws_s_text_which_may_repeat_the_variables(
    code: str,
    status: int,
    kind: type[AwsError],
    words: str,
    fake_aws: FakeAws,
    environment: Environment,
    canary: str,
) -> None:
    fake = LambdaGateway(AwsSessions(fake_aws.endpoint).caller(environment, "hana"))
    text = f'exceeded the 4KB limit. String measured: {{"TOKEN":"{canary}"}}'
    found = {"Environment": {"Variables": {"TOKEN": canary}}}
    fake_aws.answer = answering(found, failure(code, text, status))
    error = error_of(lambda: update(fake))
    assert type(error) is kind
    assert words in error.message
    assert_no_value(error, canary)
    [sent] = written(fake_aws)
    assert json.loads(sent.body)["RevisionId"] == "r-1"


@pytest.mark.usefixtures("quick")
def test_a_reading_that_is_not_answered_leaves_nothing_open(
    fake_aws: FakeAws, environment: Environment
) -> None:
    fake = LambdaGateway(AwsSessions(fake_aws.endpoint).caller(environment, "hana"))
    fake_aws.answer = lambda request: Answer(hang_up=True)
    assert error_of(lambda: update(fake)).call.unanswered == 0
