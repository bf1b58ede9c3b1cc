"""The gateways that gather what decides over access: IAM, KMS, Lambda, STS and CloudTrail."""

import json
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from deploy.demo.account import Account
from deploy.demo.policies import CONSOLE_ROLE
from secrets_ui.aws.base import Gateway
from secrets_ui.aws.cloudtrail import LONGEST_MESSAGE, CloudTrailGateway
from secrets_ui.aws.cloudwatch import CloudWatchGateway
from secrets_ui.aws.iam import IamGateway
from secrets_ui.aws.kms import KmsGateway
from secrets_ui.aws.lambda_ import LambdaGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.aws.sts import StsGateway
from secrets_ui.domain.access.network import VpcConfig
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsAccessDenied, AwsUnreachable, ThingNotFound
from secrets_ui.domain.usage.usage import Metric
from testkit.copying_aws import CopyingAws
from tests.aws.calls import error_of
from tests.aws.fake_aws import Answer, FakeAws, denied_by_sts, failure
from tests.conftest import fresh_environments

G = TypeVar("G", bound=Gateway)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def account(local_aws: CopyingAws) -> Account:
    """dev as the demo builds it, to look at and not to change."""
    environments = {"dev": fresh_environments()["dev"]}
    return local_aws.build_estate(environments)["dev"]


def opened(kind: type[G], sessions: AwsSessions, environment: Environment) -> G:
    return kind(sessions.caller(environment, "hana"))


@pytest.fixture
def iam(local_sessions: AwsSessions, account: Account) -> IamGateway:
    return opened(IamGateway, local_sessions, account.environment)


@pytest.fixture
def kms(local_sessions: AwsSessions, account: Account) -> KmsGateway:
    return opened(KmsGateway, local_sessions, account.environment)


def test_a_role_is_told_with_its_trust_policy_and_boundary(
    iam: IamGateway, account: Account
) -> None:
    account.clients.iam.create_role(
        RoleName="bounded",
        AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}',
        PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess",
        Tags=[{"Key": "Team", "Value": "core"}],
    )
    role = iam.get_role("bounded").value

    assert role.arn == f"arn:aws:iam::{account.environment.account}:role/bounded"
    assert json.loads(role.trust) == {"Version": "2012-10-17", "Statement": []}
    assert role.boundary == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert role.tags == {"Team": "core"}
    assert role.role_id.startswith("AROA")
    assert iam.get_role(CONSOLE_ROLE).value.boundary == ""


def policy(sid: str) -> str:
    statement = {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_attached_policies_are_all_listed_over_pages(iam: IamGateway, account: Account) -> None:
    made = account.clients.iam
    document = policy("any")
    made.create_role(RoleName="many", AssumeRolePolicyDocument=document)
    arns = [
        made.create_policy(PolicyName=f"p{n:03}", PolicyDocument=document)["Policy"]["Arn"]
        for n in range(120)
    ]
    for arn in arns:
        made.attach_role_policy(RoleName="many", PolicyArn=arn)

    assert sorted(iam.list_attached_role_policies("many").value) == arns


def test_inline_policies_are_told_by_name_and_as_text(iam: IamGateway, account: Account) -> None:
    document = policy("inline")
    account.clients.iam.put_role_policy(
        RoleName=CONSOLE_ROLE, PolicyName="inline", PolicyDocument=document
    )

    assert iam.list_role_policies(CONSOLE_ROLE).value == ("inline",)
    found = iam.get_role_policy(CONSOLE_ROLE, "inline").value
    assert (found.name, found.arn, json.loads(found.text)) == ("inline", "", json.loads(document))


def test_a_policy_is_told_by_its_default_version(iam: IamGateway, account: Account) -> None:
    made = account.clients.iam
    arn = made.create_policy(PolicyName="changed", PolicyDocument=policy("old"))["Policy"]["Arn"]
    made.create_policy_version(PolicyArn=arn, PolicyDocument=policy("new"), SetAsDefault=True)
    found = iam.get_policy_document(arn)

    assert (found.value.name, found.value.arn) == ("changed", arn)
    assert json.loads(found.value.text) == json.loads(policy("new"))
    assert found.call.operation == "iam:GetPolicyVersion"


def test_a_key_is_told_by_its_id_its_arn_and_its_alias_alike(
    kms: KmsGateway, account: Account
) -> None:
    for name in (
        account.key_arn,
        account.key_arn.rpartition("/")[2],
        account.environment.kms_alias,
    ):
        key = kms.describe_key(name).value
        assert (key.arn, key.state, key.manager, key.deletion) == (
            account.key_arn,
            "Enabled",
            "CUSTOMER",
            None,
        )


def test_a_key_s_policy_rotation_and_grants_are_told(kms: KmsGateway, account: Account) -> None:
    account.clients.kms.create_grant(
        KeyId=account.key_arn,
        GranteePrincipal=account.lambda_role_arn,
        Operations=["Decrypt"],
        Name="reader",
    )
    (grant,) = kms.list_grants(account.key_arn).value

    assert grant.grantee == account.lambda_role_arn
    assert grant.operations == {"decrypt"}  # in small letters, as actions are compared
    assert kms.get_key_rotation_status(account.key_arn).value is True
    assert "ConsoleUsesTheKeyThroughSecretsManager" in kms.get_key_policy(account.key_arn).value


def test_a_function_is_told_without_the_values_of_its_variables(
    local_sessions: AwsSessions, account: Account, canary: str
) -> None:
    name = account.environment.lambda_function
    account.clients.lambda_.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"TOKEN": canary, "MIYABI_ENVIRONMENT": "dev"}}
    )
    found = opened(LambdaGateway, local_sessions, account.environment).get_function_configuration(
        name
    )

    assert found.value.role == account.lambda_role_arn
    assert found.value.arn.endswith(f":function:{name}")
    assert found.value.variables == ("MIYABI_ENVIRONMENT", "TOKEN")
    assert found.value.vpc is None
    assert canary not in repr(found)


@pytest.mark.parametrize(
    ("members", "vpc"),
    [
        (
            {"VpcConfig": {"VpcId": "vpc-1", "SubnetIds": ["s"], "SecurityGroupIds": ["g"]}},
            VpcConfig("vpc-1", ("s",), ("g",)),
        ),
        (
            {"VpcConfig": {"VpcId": "vpc-1", "Ipv6AllowedForDualStack": True}},
            VpcConfig("vpc-1", ipv6=True),
        ),
        # As AWS answers for a function that was taken out of its VPC.
        ({"VpcConfig": {"VpcId": "", "SubnetIds": [], "SecurityGroupIds": []}}, None),
        ({}, None),
    ],
)
def test_a_function_tells_the_vpc_that_it_is_connected_to(
    members: dict[str, object],
    vpc: VpcConfig | None,
    fake_aws: FakeAws,
    fake_sessions: AwsSessions,
    environment: Environment,
) -> None:
    body = {"FunctionArn": "arn:aws:lambda:us-west-2:1:function:f", "Role": ROLE, **members}
    fake_aws.answer = lambda request: Answer(200, json.dumps(body))
    gateway = opened(LambdaGateway, fake_sessions, environment)
    assert gateway.get_function_configuration("f").value.vpc == vpc


def test_s48_the_caller_is_the_environment_s_role(
    local_sessions: AwsSessions, account: Account
) -> None:
    caller = opened(StsGateway, local_sessions, account.environment).get_caller_identity().value

    assert caller.account == account.environment.account
    assert f":assumed-role/{CONSOLE_ROLE}/hana" in caller.arn


Ask = Callable[[Any], object]
GONE: dict[str, tuple[type[Gateway], Ask]] = {
    "role": (IamGateway, lambda iam: iam.get_role("none")),
    "inline policy": (IamGateway, lambda iam: iam.get_role_policy(CONSOLE_ROLE, "none")),
    "policy": (
        IamGateway,
        lambda iam: iam.get_policy_document("arn:aws:iam::123456789012:policy/none"),
    ),
    "key": (KmsGateway, lambda kms: kms.describe_key("00000000-0000-0000-0000-000000000000")),
    "alias": (KmsGateway, lambda kms: kms.describe_key("alias/none")),
    "function": (LambdaGateway, lambda aws: aws.get_function_configuration("none")),
}


@pytest.mark.parametrize("thing", GONE)
def test_what_is_not_there_is_told_as_such(
    thing: str, local_sessions: AwsSessions, account: Account
) -> None:
    kind, ask = GONE[thing]
    gateway = opened(kind, local_sessions, account.environment)
    assert isinstance(error_of(lambda: ask(gateway)), ThingNotFound)


def test_the_simulator_s_answer_for_the_resource_counts(
    fake_aws: FakeAws, fake_sessions: AwsSessions, environment: Environment
) -> None:
    fake_aws.answer = lambda request: Answer(200, SIMULATED)
    iam = opened(IamGateway, fake_sessions, environment)
    first, second = iam.simulate_principal_policy(
        ROLE, ["secretsmanager:GetSecretValue", "kms:Decrypt"], ["arn:aws:secret"], {"aws:a": "b"}
    ).value
    sent = fake_aws.of("SimulatePrincipalPolicy")[0].form

    assert (first.action, first.decision, first.missing) == (
        "secretsmanager:GetSecretValue",
        "allowed",
        ("kms:ViaService",),
    )
    assert first.allowed_by_organizations is False
    assert (second.decision, second.missing, second.allowed_by_organizations) == (
        "implicitDeny",
        (),
        None,
    )
    assert (sent["PolicySourceArn"], sent["ResourceArns.member.1"]) == (ROLE, "arn:aws:secret")
    assert sent["ActionNames.member.2"] == "kms:Decrypt"
    entry = {key.rpartition(".")[2]: text for key, text in sent.items() if "ContextEntries" in key}
    assert (entry["ContextKeyName"], entry["ContextKeyType"]) == ("aws:a", "string")


ROLE = "arn:aws:iam::123456789012:role/reader"
SIMULATED = """<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>
<member><EvalActionName>secretsmanager:GetSecretValue</EvalActionName><EvalResourceName>*</EvalResourceName>
<EvalDecision>explicitDeny</EvalDecision>
<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail>
<ResourceSpecificResults><member><EvalResourceName>arn:secret</EvalResourceName>
<EvalResourceDecision>allowed</EvalResourceDecision>
<MissingContextValues><member>kms:ViaService</member></MissingContextValues></member></ResourceSpecificResults>
</member>
<member><EvalActionName>kms:Decrypt</EvalActionName><EvalDecision>implicitDeny</EvalDecision></member>
</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"""

REFUSED = {
    "eventName": "GetSecretValue",
    "errorCode": "AccessDenied",
    "errorMessage": "not authorized",
    "userIdentity": {"arn": "arn:aws:sts::111111111111:assumed-role/lambda/app"},
    "requestParameters": {"secretId": "miyabi/dev/api-keys"},
}


def test_cloudtrail_s_refused_calls_are_told_and_the_others_left_out(
    fake_aws: FakeAws, fake_sessions: AwsSessions, environment: Environment
) -> None:
    events: list[Any] = [
        REFUSED,
        {"eventName": "GetSecretValue"},
        REFUSED | {"userIdentity": None, "requestParameters": None},
    ]
    body = {
        "Events": [
            {"EventTime": 1767225600, "CloudTrailEvent": json.dumps(event)} for event in events
        ]
    }
    fake_aws.answer = lambda request: Answer(200, json.dumps(body))
    first, second = (
        opened(CloudTrailGateway, fake_sessions, environment).lookup_denials("GetSecretValue").value
    )

    assert (first.at, first.event) == (datetime(2026, 1, 1, tzinfo=UTC), "GetSecretValue")
    assert first.message == "AccessDenied: not authorized"
    assert (first.principal, first.secret) == (
        "arn:aws:sts::111111111111:assumed-role/lambda/app",
        "miyabi/dev/api-keys",
    )
    assert (second.principal, second.secret) == ("", "")


def test_a_refused_batch_is_told_with_the_secrets_that_it_named(
    fake_aws: FakeAws, fake_sessions: AwsSessions, environment: Environment
) -> None:
    def entry(asked: dict[str, object] | None) -> dict[str, object]:
        event = {"eventName": "BatchGetSecretValue", "errorCode": "AccessDenied"}
        document = json.dumps(event | {"requestParameters": asked})
        return {"EventTime": 1767225600, "CloudTrailEvent": document}

    listed = [entry({"secretIdList": ["miyabi/dev/api-keys", "a<b"]}), entry({"filters": []})]
    fake_aws.answer = lambda request: Answer(200, json.dumps({"Events": [*listed, entry(None)]}))
    trail = opened(CloudTrailGateway, fake_sessions, environment)
    found = trail.lookup_denials("BatchGetSecretValue").value
    assert [denial.secret.strip() for denial in found] == ["miyabi/dev/api-keys", "", ""]


def test_s100_a_refused_call_whose_texts_have_another_form_is_told_without_them(
    fake_aws: FakeAws, fake_sessions: AwsSessions, environment: Environment, canary: str
) -> None:
    """Whoever makes a call chooses some of what CloudTrail repeats of it."""
    event = {
        "eventName": f"Get {canary}",
        "errorCode": f"{{{canary}}}",
        "errorMessage": "two\nlines\x1b[31m" + "x" * 2_000,
        "userIdentity": {"arn": f"arn:aws:sts::111111111111:assumed-role/<{canary}>"},
        "requestParameters": {"secretId": f"<{canary}>"},
    }
    entry = {"EventTime": 1767225600, "CloudTrailEvent": json.dumps(event)}
    fake_aws.answer = lambda request: Answer(200, json.dumps({"Events": [entry]}))
    [told] = (
        opened(CloudTrailGateway, fake_sessions, environment).lookup_denials("GetSecretValue").value
    )
    assert (told.event, told.principal, told.secret) == ("", "", "")
    assert told.message.startswith("an error: two lines [31mxxx")
    assert len(told.message) == LONGEST_MESSAGE


EVERY: dict[str, tuple[type[Gateway], Ask]] = {
    "get-role": (IamGateway, lambda iam: iam.get_role("a b;c")),
    "list-attached-role-policies": (IamGateway, lambda iam: iam.list_attached_role_policies("r")),
    "list-role-policies": (IamGateway, lambda iam: iam.list_role_policies("r")),
    "get-role-policy": (IamGateway, lambda iam: iam.get_role_policy("r", "$(p)")),
    "get-policy": (
        IamGateway,
        lambda iam: iam.get_policy_document("arn:aws:iam::123456789012:policy/none"),
    ),
    "simulate-principal-policy": (
        IamGateway,
        lambda iam: iam.simulate_principal_policy(ROLE, ["a:B"], ["*"], {}),
    ),
    "describe-key": (KmsGateway, lambda kms: kms.describe_key("k")),
    "get-key-policy": (KmsGateway, lambda kms: kms.get_key_policy("k")),
    "list-grants": (KmsGateway, lambda kms: kms.list_grants("k")),
    "get-key-rotation-status": (KmsGateway, lambda kms: kms.get_key_rotation_status("k")),
    "get-function-configuration": (LambdaGateway, lambda aws: aws.get_function_configuration("f")),
    "list-aliases": (LambdaGateway, lambda aws: aws.list_aliases("f")),
    "list-versions-by-function": (LambdaGateway, lambda aws: aws.list_versions_by_function("f")),
    "list-provisioned-concurrency-configs": (
        LambdaGateway,
        lambda aws: aws.list_provisioned_concurrency_configs("f"),
    ),
    "get-caller-identity": (StsGateway, lambda sts: sts.get_caller_identity()),
    "get-metric-data": (
        CloudWatchGateway,
        lambda watch: watch.get_metric_data([Metric("N", "m")], NOVEMBER, NOVEMBER),
    ),
    "describe-alarms": (CloudWatchGateway, lambda watch: watch.describe_alarms("miyabi")),
    "lookup-events": (CloudTrailGateway, lambda trail: trail.lookup_denials("GetSecretValue")),
}


@pytest.mark.parametrize("command", EVERY)
def test_a_refusal_gives_the_command_and_the_permission_that_is_missing(
    command: str, fake_aws: FakeAws, fake_sessions: AwsSessions, environment: Environment
) -> None:
    kind, ask = EVERY[command]
    is_xml = kind in (IamGateway, StsGateway)
    fake_aws.answer = lambda request: (
        denied_by_sts() if is_xml else failure("AccessDeniedException")
    )
    error = error_of(lambda: ask(opened(kind, fake_sessions, environment)))

    assert isinstance(error, AwsAccessDenied)
    assert error.permission.startswith(f"{kind.service}:")
    assert error.permission.partition(":")[2].lower() == command.replace("-", "")
    assert shlex.split(error.call.cli)[:3] == ["aws", kind.service, command]
    assert ("--region us-west-2" in error.call.cli) is not kind.is_global


@pytest.mark.parametrize("command", EVERY)
@pytest.mark.parametrize("body", ["<html>proxy</html>", "{}", "", "[" * 100_000])
def test_an_answer_from_somebody_else_is_never_taken_for_nothing_there(
    command: str, body: str, fake_aws: FakeAws, fake_sessions: AwsSessions, environment: Environment
) -> None:
    kind, ask = EVERY[command]
    fake_aws.answer = lambda request: Answer(200, body)
    assert isinstance(
        error_of(lambda: ask(opened(kind, fake_sessions, environment))), AwsUnreachable
    )


def test_an_answer_is_kept_with_the_call_that_gave_it(iam: IamGateway) -> None:
    found = iam.get_role(CONSOLE_ROLE)
    assert found.call.cli == f"aws iam get-role --role-name {CONSOLE_ROLE}"
