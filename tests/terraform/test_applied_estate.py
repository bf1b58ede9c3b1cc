"""deploy/terraform applied to the local AWS, from init to destroy.

The tests are in the order of an estate's life: the last one ends it.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.demo import policies
from deploy.demo.account import Account
from deploy.demo.estate import read_catalog
from deploy.demo.values import make_value
from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.changes.refresh import MARKER
from secrets_ui.domain.iam import PolicyKind, Request, evaluate, parse_policy
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.key_rules import is_placeholder
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.services.access.check import check_access
from secrets_ui.services.changes.save import put_new_version
from testkit.canary import leaks_in
from tests.conftest import SignedIn
from tests.terraform import events
from tests.terraform.conftest import DEPLOYER, TASK_ROLE, TRAIL, Applied, watching
from tests.terraform.documented_commands import documented
from tests.terraform.filter_patterns import matches
from tests.terraform.guard import Asked, Guard, guarded, parsed
from tests.terraform.iam_needs import Place
from tests.terraform.tour import Tour

# django_db for all of them: tests with a database would otherwise come first.
pytestmark = [pytest.mark.slow, pytest.mark.processes, pytest.mark.django_db]
SECRETS = ("api-keys", "config")


def stored(applied: Applied, secret: str, stage: str = "AWSCURRENT") -> dict[str, str]:
    name = applied.environment.prefix + secret
    answer = applied.clients.secretsmanager.get_secret_value(SecretId=name, VersionStage=stage)
    return dict(json.loads(answer["SecretString"]))


def policy_document(account: Account, name: str) -> Any:
    iam, arn = account.clients.iam, f"arn:aws:iam::{account.environment.account}:policy/{name}"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def leaks_of(applied: Applied, *values: str) -> list[str]:
    left = list(applied.terraform.left_behind())
    assert {"first.tfplan", "terraform.tfstate"} <= {name for name, _ in left}
    return [leak for value in values for leak in leaks_in(value, left) if "characters" not in leak]


def test_the_values_of_the_variables_are_what_aws_holds(applied: Applied) -> None:
    assert {secret: stored(applied, secret) for secret in SECRETS} == applied.values


def test_s86_no_value_is_in_a_plan_a_state_or_what_terraform_prints(applied: Applied) -> None:
    secret_keys = [
        key.name for key in read_catalog().secrets["api-keys"].keys.values() if key.secret
    ]
    assert "GITHUB_TOKEN" in secret_keys
    assert leaks_of(applied, *(applied.values["api-keys"][key] for key in secret_keys)) == []


def test_a_second_plan_is_empty_also_after_fresh_instances_were_started(applied: Applied) -> None:
    function, client = applied.environment.lambda_function, applied.clients.lambda_
    found = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**found, MARKER: "a" * 32}}
    )
    applied.terraform.run("plan", "-input=false", "-detailed-exitcode")  # 2 would be changes


def test_key_and_secrets_are_as_the_guide_has_them(applied: Applied) -> None:
    kms, place = applied.clients.kms, applied.environment
    key = kms.describe_key(KeyId="alias/miyabi-secrets")["KeyMetadata"]
    assert (key["Arn"], key["KeyState"]) == (applied.outputs["key_arn"], "Enabled")
    assert kms.get_key_rotation_status(KeyId=key["Arn"])["KeyRotationEnabled"]
    for secret in SECRETS:
        described = applied.clients.secretsmanager.describe_secret(SecretId=place.prefix + secret)
        assert described["KmsKeyId"] == key["Arn"]
        assert described["Description"] == read_catalog().secrets[secret].description
        tags = {tag["Key"]: tag["Value"] for tag in described["Tags"]}
        assert tags == {"Project": "miyabi", "Environment": "prod", "ManagedBy": "terraform"}
        [version] = described["VersionIdsToStages"]
        # By this the key policy tells Terraform's versions from the console's.
        assert version.startswith("terraform-")


def test_its_policies_are_those_of_the_demo(applied: Applied) -> None:
    """All other tests use the demo's estate, so it must not differ from Terraform's."""
    place, key_arn = applied.environment, applied.outputs["key_arn"]
    assert policy_document(
        applied.account, "miyabi-lambda-secrets-access"
    ) == policies.secrets_access(place, key_arn, SECRETS)
    assert policy_document(
        applied.account, "miyabi-lambda-github-access"
    ) == policies.github_access(place)
    assert policy_document(applied.account, "miyabi-console-access") == policies.console_access(
        place, key_arn
    )
    trust: Any = applied.clients.iam.get_role(RoleName=place.lambda_role)["Role"][
        "AssumeRolePolicyDocument"
    ]
    assert trust == policies.trust("Service", "lambda.amazonaws.com")


def test_its_key_policy_is_the_demo_s_and_lets_terraform_use_its_own_versions_alone(
    applied: Applied,
) -> None:
    place = applied.environment
    text = applied.clients.kms.get_key_policy(
        KeyId=applied.outputs["key_arn"], PolicyName="default"
    )["Policy"]
    *statements, terraform, emergency = json.loads(text)["Statement"]
    assert statements == policies.key_policy(place)["Statement"]
    assert emergency["Principal"] == {"AWS": [applied.outputs["emergency_role_arn"]]}
    assert terraform["Principal"] == {"AWS": [f"arn:aws:iam::{place.account}:role/terraform"]}
    assert terraform["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    versions = terraform["Condition"]["StringLike"]["kms:EncryptionContext:SecretVersionId"]
    assert versions == ["terraform-*", "RequestToValidateKeyAccess"]


def test_only_the_console_s_tasks_may_assume_its_role(applied: Applied) -> None:
    """By its trust policy, with modules/console's policy, which `terraform test` holds."""
    trust: Any = applied.clients.iam.get_role(RoleName="miyabi-console")["Role"][
        "AssumeRolePolicyDocument"
    ]
    role, home = applied.environment.assume_role, TASK_ROLE.split(":")[4]
    allow = {
        "Effect": "Allow",
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
        "Resource": [role],
    }

    def may(account: str, name: str, action: str = "sts:AssumeRole") -> bool:
        request = Request(
            principal=f"arn:aws:sts::{account}:assumed-role/{name}/task",
            action=action,
            resource=role,
            resource_account=applied.environment.account,
            context={
                "aws:PrincipalArn": f"arn:aws:iam::{account}:role/{name}",
                "aws:PrincipalAccount": account,
            },
            identity_policies=(parsed({"Version": "2012-10-17", "Statement": [allow]}),),
            resource_policy=parse_policy("trust", json.dumps(trust), PolicyKind.TRUST),
        )
        return evaluate(request).is_allowed

    assert may(home, "miyabi-console-task")
    # The session carries the person.
    assert may(home, "miyabi-console-task", "sts:SetSourceIdentity")
    assert not may(home, "another")
    assert not may("999999999999", "miyabi-console-task")


def may(applied: Applied, role: str, policy: Any, question: Asked) -> bool:
    """Whether the evaluator lets a session of the role, with this policy, do it.

    The version is one that the console made: no exception for Terraform's own applies.
    """
    place = applied.environment
    context = {
        "aws:PrincipalArn": f"arn:aws:iam::{place.account}:role/{role}",
        "aws:PrincipalAccount": place.account,
        "aws:SecureTransport": "true",
    }
    kind = None
    if question.action.startswith("kms:"):
        kind, answer = (
            PolicyKind.KEY,
            applied.clients.kms.get_key_policy(KeyId=question.resource, PolicyName="default")[
                "Policy"
            ],
        )
        context["kms:CallerAccount"] = place.account
    elif question.action.startswith("sts:"):
        trust: Any = applied.clients.iam.get_role(RoleName=role_name(question.resource))
        kind, answer = PolicyKind.TRUST, json.dumps(trust["Role"]["AssumeRolePolicyDocument"])
    if question.through_secrets_manager:
        context["kms:ViaService"] = f"secretsmanager.{place.region}.amazonaws.com"
        context["kms:EncryptionContext:SecretVersionId"] = "0" * 64
    request = Request(
        principal=f"arn:aws:sts::{place.account}:assumed-role/{role}/hana",
        action=question.action,
        resource=question.resource,
        resource_account=place.account,
        context=context,
        identity_policies=(parsed(policy),),
        resource_policy=parse_policy("resource", answer, kind) if kind else None,
    )
    return evaluate(request).is_allowed


def role_name(arn: str) -> str:
    return arn.rpartition("/")[2]


ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def test_each_documented_command_is_allowed_to_whom_the_documents_say(applied: Applied) -> None:
    """To an administrator, or in a profile's role: it lacks no right, and has none too many."""
    place, emergency = (
        applied.environment,
        policy_document(applied.account, "miyabi-emergency-access"),
    )
    resources = {
        "secretsmanager": applied.outputs["secret_arns"]["api-keys"],
        "kms": applied.outputs["key_arn"],
        "iam": applied.outputs["lambda_role_arn"],
        "lambda": f"arn:aws:lambda:{place.region}:{place.account}:function:miyabi-app",
        "ec2": f"arn:aws:ec2:{place.region}:{place.account}:vpc-endpoint/vpce-0a1b2c3d",
    }
    commands = list(documented())
    asked = {command: command.questions(resources) for command in commands}
    refused = [
        (command, question)
        for command, questions in asked.items()
        for question in questions
        if not may(
            applied,
            command.profile or "administrator",
            emergency if command.profile else ADMINISTRATOR,
            question,
        )
    ]
    assert refused == []
    assert {command.profile for command in commands} == {"", "miyabi-emergency"}
    used = {q.action for command, found in asked.items() if command.profile for q in found}
    assert used == {action for part in emergency["Statement"] for action in part["Action"]}

    # The account's administrators, Terraform's role among them, open no value but in that role.
    read = Asked("kms:Decrypt", resources["kms"], True)
    assume = Asked("sts:AssumeRole", applied.outputs["emergency_role_arn"], False)
    for role in ("administrator", DEPLOYER):
        assert not may(applied, role, ADMINISTRATOR, read)
        assert may(applied, role, ADMINISTRATOR, assume)
    assert not may(
        applied, "miyabi-emergency", emergency, replace(read, through_secrets_manager=False)
    )


@pytest.mark.parametrize("secret", SECRETS)
def test_troubleshooting_says_yes(console: Applied, hana: Actor, secret: str) -> None:
    run = check_access(console.environment, console.environment.prefix + secret, hana)
    assert (run.answer, run.verdict) == ("yes", "pass"), run.headline
    assert [step.status for step in run.steps] == ["pass"] * 5


def test_what_the_console_writes_is_no_change_to_terraform(console: Applied, hana: Actor) -> None:
    """An edit, and two rotations, so that Terraform's version is neither current nor previous."""
    token = read_catalog().secrets["api-keys"].keys["GITHUB_TOKEN"]
    first, last = make_value(token, "prod"), make_value(token, "prod")
    save(console, hana, "config", MIYABI_ROOT="/mnt/miyabi")
    save(console, hana, "api-keys", GITHUB_TOKEN=first)
    save(console, hana, "api-keys", GITHUB_TOKEN=last)
    assert stored(console, "api-keys", "terraform") == console.values["api-keys"]

    console.terraform.run("plan", "-input=false", "-detailed-exitcode")
    assert stored(console, "api-keys") == console.values["api-keys"] | {"GITHUB_TOKEN": last}
    assert leaks_of(console, first, last) == []


def test_s85_the_console_s_whole_tour_fits_the_policy_that_terraform_attached(
    console: Applied, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(console.environment, console.clients)
    guard = Guard(place, policy_document(console.account, "miyabi-console-access"))
    tour = Tour(place, signed_in)
    with guarded(monkeypatch, guard):
        tour.take()
    assert guard.refused == {Asked("kms:Decrypt", tour.foreign_key, True)}
    assert guard.unused() == []


def test_the_metrics_count_what_their_names_say(applied: Applied) -> None:
    """Each filter, as it was applied, on events of CloudTrail."""
    logs = watching(applied.endpoint, applied.environment)("logs")
    filters = logs.describe_metric_filters(logGroupName=TRAIL)["metricFilters"]
    transformed = {found["metricTransformations"][0]["metricName"]: found for found in filters}
    namespaces = {found["metricTransformations"][0]["metricNamespace"] for found in filters}
    assert namespaces == {"Miyabi/Secrets/prod"}  # AWS/ namespaces are AWS's alone

    def counted(event: events.Event) -> set[str]:
        return {
            name for name, found in transformed.items() if matches(found["filterPattern"], event)
        }

    arn, key = applied.outputs["secret_arns"]["config"], applied.outputs["key_arn"]
    assert counted(events.read("miyabi/prod/config")) == {"SecretAccess"}
    assert counted(events.read(arn)) == {"SecretAccess"}
    for refusal in (events.refused(arn), events.refused(arn, tells_what=True)):
        assert counted(refusal) == {"FailedSecretRetrievals", "UnauthorizedAttempts"}
    assert counted(events.deleted("miyabi/prod/config")) == {
        "FailedSecretRetrievals",
        "DeletedSecretReads",
    }
    disabled = events.decrypted(key, code="DisabledException", message=f"{key} is disabled.")
    assert counted(disabled) == {"KmsDecryptErrors"}
    denied = events.decrypted(
        key, code="AccessDenied", message=f"… on resource: {key} …", names_key=False
    )
    assert counted(denied) == {"KmsDecryptErrors", "UnauthorizedAttempts"}
    role = applied.outputs["emergency_role_arn"]
    assert counted(events.assumed(role)) == {"EmergencyAccess"}
    by_somebody = events.read("miyabi/prod/config", role=role)
    assert counted(by_somebody) == {"SecretAccess", "EmergencyAccess"}
    others = [
        events.assumed(applied.outputs["console_role_arn"]),
        events.read("miyabi/production/config"),
        events.refused("arn:aws:secretsmanager:us-west-2:111111111111:secret:other-AbCdEf"),
        events.decrypted(key),
        events.decrypted("arn:aws:kms:us-west-2:111111111111:key/other", code="DisabledException"),
        events.written("miyabi/prod/config"),
    ]
    assert [counted(event) for event in others] == [set()] * len(others)


def test_what_should_be_nought_has_an_alarm_to_the_topic(applied: Applied) -> None:
    client = watching(applied.endpoint, applied.environment)
    alarms = client("cloudwatch").describe_alarms(AlarmNamePrefix="miyabi-prod-")["MetricAlarms"]
    assert {alarm["MetricName"] for alarm in alarms} == {
        "FailedSecretRetrievals",
        "KmsDecryptErrors",
        "UnauthorizedAttempts",
        "DeletedSecretReads",
        "EmergencyAccess",
    }
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {
        (applied.outputs["alarm_topic_arn"],)
    }
    subscribed = client("sns").list_subscriptions_by_topic(
        TopicArn=applied.outputs["alarm_topic_arn"]
    )
    assert [found["Endpoint"] for found in subscribed["Subscriptions"]] == ["ops@miyabi-world.com"]
    [group] = client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/miyabi-app")[
        "logGroups"
    ]
    assert group["retentionInDays"] == 365
    dashboard = client("cloudwatch").get_dashboard(DashboardName="miyabi-prod-secrets")[
        "DashboardBody"
    ]
    assert "SecretAccess" in dashboard


def test_a_version_that_terraform_makes_later_replaces_nothing(applied: Applied) -> None:
    """Even a forced one: without variables, it holds what a first apply without values leaves."""
    before = {secret: stored(applied, secret) for secret in SECRETS}
    addresses = [
        f'module.miyabi_secrets.aws_secretsmanager_secret_version.first["{secret}"]'
        for secret in SECRETS
    ]
    given = applied.terraform.variables
    unset = {key.lower() for document in applied.values.values() for key in document}
    applied.terraform.variables = {
        name: value for name, value in given.items() if name not in unset
    }
    applied.terraform.run(
        "apply", "-input=false", "-auto-approve", *(f"-replace={address}" for address in addresses)
    )
    applied.terraform.variables = given

    assert {secret: stored(applied, secret) for secret in SECRETS} == before
    for secret, spec in read_catalog().secrets.items():
        placeholders = stored(applied, secret, "terraform")
        assert set(placeholders) == {key.name for key in spec.keys.values() if key.required}
        assert [
            key for key, value in placeholders.items() if not is_placeholder(value, spec.keys[key])
        ] == []


def test_credentials_for_another_account_are_refused_before_anything_is_made(
    applied: Applied,
) -> None:
    state = (applied.terraform.folder / "terraform.tfstate").read_bytes()
    roles = '["arn:aws:iam::999999999999:role/terraform"]'
    printed = applied.terraform.run(
        "plan",
        "-input=false",
        "-refresh=false",
        status=1,
        account_id="999999999999",
        deployer_role_arns=roles,
    )
    result = " ".join(printed.split())
    assert f"These credentials belong to account {applied.environment.account}" in result
    assert "prod is account 999999999999" in result
    assert (applied.terraform.folder / "terraform.tfstate").read_bytes() == state


def test_destroy_leaves_a_month_to_restore_secrets_and_key(applied: Applied) -> None:
    place, secretsmanager = applied.environment, applied.clients.secretsmanager
    before = stored(applied, "config")
    applied.terraform.run("destroy", "-input=false", "-auto-approve", "-refresh=false")

    for secret in SECRETS:
        gone = secretsmanager.describe_secret(SecretId=place.prefix + secret)["DeletedDate"]
        assert 29 <= (gone - datetime.now(UTC)).days <= 30
    key = applied.clients.kms.describe_key(KeyId=applied.outputs["key_arn"])["KeyMetadata"]
    assert key["KeyState"] == "PendingDeletion"
    assert 29 <= (key["DeletionDate"] - datetime.now(UTC)).days <= 30

    secretsmanager.restore_secret(SecretId=place.prefix + "config")
    assert stored(applied, "config") == before


def save(applied: Applied, actor: Actor, secret: str, **values: str) -> None:
    """As a person saves in the console: prod asks for a reason and the typed name."""
    name = applied.environment.prefix + secret
    described = applied.clients.secretsmanager.describe_secret(SecretId=name)
    base = next(
        version
        for version, labels in described["VersionIdsToStages"].items()
        if "AWSCURRENT" in labels
    )
    changes = tuple(Change(key, SecretValue(value)) for key, value in values.items())
    put_new_version(
        applied.environment,
        actor,
        Edit(name, base, changes, reason="OPS-1: a test", typed_name=name, idempotency_key=""),
    )
