"""Builds one environment's account in the local AWS: key, secrets, roles and function."""

from __future__ import annotations

import io
import json
import secrets
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from deploy.demo import policies
from deploy.demo.signed_client import SignedClient
from deploy.demo.values import Values
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.secrets.catalog import Catalog

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_iam import IAMClient
    from types_boto3_kms import KMSClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_secretsmanager import SecretsManagerClient

BUILDER = "estate-builder"  # the role, and its session
HOME_ACCOUNT = "123456789012"  # moto's own: where the console is before it assumes a role
BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
HANDLER = "def handler(event, context):\n    return {'statusCode': 200}\n"


@dataclass(frozen=True)
class Clients:
    """boto3 clients that act inside one environment's account and Region."""

    secretsmanager: SecretsManagerClient
    kms: KMSClient
    iam: IAMClient
    lambda_: LambdaClient
    cloudwatch: CloudWatchClient
    logs: CloudWatchLogsClient
    # The types of these are not among the development tools.
    organizations: Any
    ec2: Any


@dataclass(frozen=True)
class Account:
    """What was built for one environment, for tests to look at and to break."""

    environment: Environment
    clients: Clients
    key_arn: str
    lambda_role_arn: str
    secret_arns: Mapping[str, str]  # by full name


def build_account(
    endpoint: str,
    environment: Environment,
    catalog: Catalog,
    values: Values,
    *,
    lambda_via_region: str = "",
) -> Account:
    """One environment with the given values; `lambda_via_region` as in `policies.key_policy`."""
    clients = assume(endpoint, environment)
    lambda_role_arn = _create_roles(clients.iam, environment)
    key_arn = create_key(
        clients.kms, environment, policies.key_policy(environment, lambda_via_region)
    )
    _attach_policies(clients.iam, environment, key_arn, list(catalog.secrets))
    arns = {
        environment.prefix + name: create_secret(
            clients,
            environment,
            name,
            json.dumps(document),
            key_arn,
            catalog.secrets[name].description,
        )
        for name, document in values.items()
    }
    create_function(clients.lambda_, environment, lambda_role_arn)
    clients.logs.create_log_group(logGroupName=environment.log_group, tags=_tags(environment))
    if environment.trail_log_group:
        clients.logs.create_log_group(logGroupName=environment.trail_log_group)
    _create_alarm(clients.cloudwatch, environment, in_alarm=bool(lambda_via_region))
    return Account(environment, clients, key_arn, lambda_role_arn, arns)


def assume(endpoint: str, environment: Environment) -> Clients:
    """Clients inside the environment's account, which moto knows by the role that was assumed."""
    client = partial(_client, endpoint, environment)
    return Clients(
        client("secretsmanager"),
        client("kms"),
        client("iam"),
        client("lambda"),
        client("cloudwatch"),
        client("logs"),
        client("organizations"),
        client("ec2"),
    )


def _client(endpoint: str, environment: Environment, service: str) -> Any:
    """The console's kind of client: one for all accounts, signed by the role that each names."""
    builder = replace(
        environment, assume_role=policies.role_arn(environment, BUILDER), source_identity=False
    )
    return SignedClient(_sessions(endpoint).caller(builder, BUILDER), service)


@cache
def _sessions(endpoint: str) -> AwsSessions:
    """Assumes roles with the credentials of this process's environment; moto accepts any."""
    return AwsSessions(endpoint)


def create_key(kms: KMSClient, environment: Environment, policy: policies.Policy) -> str:
    """A customer key with rotation behind the environment's alias; returns its ARN."""
    tags: Any = [{"TagKey": key, "TagValue": value} for key, value in _tags(environment).items()]
    key = kms.create_key(
        Description=f"Miyabi secrets, {environment}", Policy=json.dumps(policy), Tags=tags
    )
    key_arn = key["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=key_arn)
    kms.create_alias(AliasName=environment.kms_alias, TargetKeyId=key_arn)
    return key_arn


def create_secret(
    clients: Clients,
    environment: Environment,
    name: str,
    value: str,
    key_arn: str,
    description: str = "",
) -> str:
    """Make a secret as Terraform does, version id included, and return its ARN.

    `name` is without the environment's prefix.
    """
    created = clients.secretsmanager.create_secret(
        Name=environment.prefix + name,
        Description=description,
        KmsKeyId=key_arn,
        SecretString=value,
        ClientRequestToken=_terraform_token(),
        Tags=[{"Key": key, "Value": text} for key, text in _tags(environment).items()],
    )
    return created["ARN"]


def add_extra_secrets(account: Account, count: int) -> None:
    """`count` secrets named service-0001 and so on, that the catalogue does not know."""
    for number in range(1, count + 1):
        value = json.dumps({"TOKEN": secrets.token_urlsafe(32)})
        create_secret(
            account.clients, account.environment, f"service-{number:04}", value, account.key_arn
        )


def write_outside_the_console(account: Account, name: str, document: Mapping[str, str]) -> str:
    """Save a version as `aws secretsmanager put-secret-value` would.

    Returns its id, a UUID that boto3 made.
    """
    secret_id, text = account.environment.prefix + name, json.dumps(document, indent=2)
    return account.clients.secretsmanager.put_secret_value(SecretId=secret_id, SecretString=text)[
        "VersionId"
    ]


def _create_roles(iam: IAMClient, environment: Environment) -> str:
    def create(name: str, trust: policies.Policy) -> str:
        return iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"][
            "Arn"
        ]

    create(policies.CONSOLE_ROLE, policies.trust("AWS", f"arn:aws:iam::{HOME_ACCOUNT}:root"))
    return create(environment.lambda_role, policies.trust("Service", "lambda.amazonaws.com"))


def _attach_policies(
    iam: IAMClient, environment: Environment, key_arn: str, names: list[str]
) -> None:
    def attach(role: str, policy_name: str, document: policies.Policy) -> None:
        arn = iam.create_policy(PolicyName=policy_name, PolicyDocument=json.dumps(document))[
            "Policy"
        ]["Arn"]
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    role = environment.lambda_role
    iam.attach_role_policy(RoleName=role, PolicyArn=BASIC_EXECUTION)
    attach(
        role, "miyabi-lambda-secrets-access", policies.secrets_access(environment, key_arn, names)
    )
    attach(role, "miyabi-lambda-github-access", policies.github_access(environment))
    attach(
        policies.CONSOLE_ROLE,
        "miyabi-console-access",
        policies.console_access(environment, key_arn),
    )


def create_function(lambda_: LambdaClient, environment: Environment, role_arn: str) -> None:
    """The environment's Lambda function, which runs as the role."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("lambda_handler.py", HANDLER)
    lambda_.create_function(
        FunctionName=environment.lambda_function,
        Runtime="python3.13",
        Role=role_arn,
        Handler="lambda_handler.handler",
        Code={"ZipFile": package.getvalue()},
        Environment={"Variables": {"MIYABI_ENVIRONMENT": environment.name}},
        Tags=_tags(environment),
    )


def _create_alarm(
    cloudwatch: CloudWatchClient, environment: Environment, *, in_alarm: bool
) -> None:
    """An alarm on the function's errors, in alarm where the key policy denies the function."""
    name = f"miyabi-{environment}-function-errors"
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": environment.lambda_function}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    reason = "Threshold crossed: 1 datapoint was at or above 1" if in_alarm else "no errors"
    cloudwatch.set_alarm_state(
        AlarmName=name, StateValue="ALARM" if in_alarm else "OK", StateReason=reason
    )


def _terraform_token() -> str:
    """Like Terraform's own version ids: no UUID, so that nothing here learns to expect one."""
    return f"terraform-{datetime.now(UTC):%Y%m%d%H%M%S%f}{secrets.token_hex(4)}"


def _tags(environment: Environment) -> dict[str, str]:
    return {"Project": "miyabi", "Environment": environment.name, "ManagedBy": "terraform"}
