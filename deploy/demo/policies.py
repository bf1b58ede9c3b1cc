"""The policies of the Miyabi estate, as Python dicts: a key policy, and what each role may do."""

from collections.abc import Iterable
from typing import Any

from secrets_ui.domain.environment import Environment

Policy = dict[str, Any]
CONSOLE_ROLE = "miyabi-console"

# Actions that administer a key and never use it. kms:CreateGrant is not among them, because a
# grant would be a way around the policy.
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
_KEY_ADMINISTRATION = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:Describe*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Get*",
    "kms:List*",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:Update*",
]


def role_arn(environment: Environment, name: str) -> str:
    return f"arn:aws:iam::{environment.account}:role/{name}"


def key_policy(environment: Environment, lambda_via_region: str = "") -> Policy:
    """Let the Lambda role decrypt through Secrets Manager, and the console encrypt as well.

    The account may administer the key and hand that on by IAM, but its IAM policies open no value.
    `lambda_via_region` writes another Region into the Lambda role's kms:ViaService: staging's flaw.
    """
    return _policy(
        _allow(
            "AccountAdministersTheKey",
            _KEY_ADMINISTRATION,
            "*",
            principal=f"arn:aws:iam::{environment.account}:root",
        ),
        _allow(
            "LambdaDecryptsThroughSecretsManager",
            ["kms:Decrypt"],
            "*",
            principal=role_arn(environment, environment.lambda_role),
            condition=_through_secrets_manager(environment, lambda_via_region),
        ),
        _allow(
            "ConsoleUsesTheKeyThroughSecretsManager",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            "*",
            principal=role_arn(environment, CONSOLE_ROLE),
            condition=_through_secrets_manager(environment),
        ),
    )


def secrets_access(environment: Environment, key_arn: str, secrets: Iterable[str]) -> Policy:
    """miyabi-lambda-secrets-access: read the named secrets, and decrypt them with the key."""
    return _policy(
        _allow(
            "ReadSecrets",
            ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
            # A secret's ARN ends in six random characters; `-*` would match longer names too.
            [
                secret_arn_pattern(environment, f"{environment.prefix}{name}-??????")
                for name in secrets
            ],
        ),
        _allow(
            "DecryptSecrets",
            ["kms:Decrypt"],
            key_arn,
            condition=_through_secrets_manager(environment),
        ),
    )


def github_access(environment: Environment) -> Policy:
    """miyabi-lambda-github-access: read the parameters that name Miyabi's repositories."""
    path = f"parameter/miyabi/{environment.name}/github/*"
    parameters = f"arn:aws:ssm:{environment.region}:{environment.account}:{path}"
    return _policy(
        _allow(
            "ReadRepositorySettings", ["ssm:GetParameter", "ssm:GetParametersByPath"], parameters
        )
    )


def console_access(environment: Environment, key_arn: str) -> Policy:
    """miyabi-console-access: see and edit secrets, and see what decides who reads them.

    With `function_in_vpc` of Terraform's module.
    """
    account = environment.account
    functions = (
        f"arn:aws:lambda:{environment.region}:{account}:function:{environment.lambda_function}"
    )
    secrets = secret_arn_pattern(environment, f"{environment.prefix}*")
    return _policy(
        _allow("SeeSecrets", ["secretsmanager:ListSecrets", "cloudtrail:LookupEvents"], "*"),
        # GetMetricData has no resource, and DescribeAlarms lists by a prefix.
        _allow("SeeReadsAndAlarms", ["cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"], "*"),
        _allow("EditSecrets", _EDIT_SECRETS, secrets),
        _allow(
            "UseTheKey",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            key_arn,
            condition=_through_secrets_manager(environment),
        ),
        # Any key of the account: which one encrypts a secret is what troubleshooting finds out.
        _allow("SeeKeys", _SEE_KEYS, f"arn:aws:kms:{environment.region}:{account}:key/*"),
        *_see_roles(environment),
        _allow("SeeTheFunction", ["lambda:GetFunctionConfiguration"], functions),
        # An ARN of a log group ends so in a policy: what stands after it names streams.
        _allow(
            "ReadTheFunctionsLog",
            ["logs:FilterLogEvents"],
            f"arn:aws:logs:{environment.region}:{account}:log-group:{environment.log_group}:*",
        ),
        # EC2 knows no resource for what describes.
        _allow("SeeTheFunctionsVpc", _SEE_THE_VPC, "*"),
        *([_allow("StartFreshInstances", _REFRESH, functions)] if environment.refresh else []),
        *([_SEE_WHO] if environment.who_can_read else []),
        *(_older_reads(environment) if environment.trail_log_group else ()),
        *(_manage_secrets(secrets) if environment.manage else ()),
    )


def _see_roles(environment: Environment) -> tuple[Policy, ...]:
    """Its own role as well, to find out whether it may write."""
    account = environment.account
    return (
        _allow(
            "SeeTheLambdaRole",
            [*_SEE_A_ROLE, "iam:SimulatePrincipalPolicy"],
            role_arn(environment, environment.lambda_role),
        ),
        _allow("SeeItsOwnRole", _SEE_A_ROLE, role_arn(environment, CONSOLE_ROLE)),
        _allow(
            "SeePolicies",
            ["iam:GetPolicy", "iam:GetPolicyVersion"],
            ["arn:aws:iam::aws:policy/*", f"arn:aws:iam::{account}:policy/*"],
        ),
    )


_SEE_WHO: Policy = {
    "Sid": "SeeEveryRoleAndUser",
    "Effect": "Allow",
    "Action": [
        "iam:GetAccountAuthorizationDetails",
        "organizations:DescribeOrganization",
        "organizations:DescribePolicy",
        "organizations:ListParents",
        "organizations:ListPoliciesForTarget",
    ],
    "Resource": "*",  # the account and its organization; IAM knows no resource for the first two
}


def _older_reads(environment: Environment) -> tuple[Policy, ...]:
    group = f"log-group:{environment.trail_log_group}:*"
    return (
        _allow("LookForOlderReads", ["logs:StartQuery"], environment.arn("logs", group)),
        _allow("SeeWhatAQueryFound", ["logs:GetQueryResults"], "*"),
    )


def _manage_secrets(secrets: str) -> tuple[Policy, ...]:
    """No deletion without a recovery window, and no secret put under another key."""
    return (
        _allow("ManageSecrets", _MANAGE_SECRETS, secrets),
        _allow(
            "DescribeSecretsAnew",
            ["secretsmanager:UpdateSecret"],
            secrets,
            condition={"Null": {"secretsmanager:KmsKeyId": "true"}},
        ),
        _allow(
            "DeleteSecretsWithARecoveryWindow",
            ["secretsmanager:DeleteSecret"],
            secrets,
            condition={"BoolIfExists": {"secretsmanager:ForceDeleteWithoutRecovery": "false"}},
        ),
    )


_MANAGE_SECRETS = [
    "secretsmanager:CreateSecret",
    "secretsmanager:RestoreSecret",
    "secretsmanager:TagResource",
    "secretsmanager:UntagResource",
]
_REFRESH = [
    "lambda:ListAliases",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListVersionsByFunction",
    "lambda:UpdateFunctionConfiguration",
]
_EDIT_SECRETS = [
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:GetSecretValue",
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
]
_SEE_THE_VPC = [
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcEndpoints",
]
_SEE_KEYS = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListGrants"]
_SEE_A_ROLE = [
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
]


def trust(principal_type: str, principal: str) -> Policy:
    """Let one principal assume the role, as in `trust("Service", "lambda.amazonaws.com")`."""
    # A session of the console carries the person as its source identity.
    action = (
        "sts:AssumeRole"
        if principal_type == "Service"
        else ["sts:AssumeRole", "sts:SetSourceIdentity"]
    )
    return _policy({"Effect": "Allow", "Principal": {principal_type: principal}, "Action": action})


def secret_arn_pattern(environment: Environment, name: str) -> str:
    return f"arn:aws:secretsmanager:{environment.region}:{environment.account}:secret:{name}"


def _through_secrets_manager(environment: Environment, region: str = "") -> Policy:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html"""
    service = f"secretsmanager.{region or environment.region}.amazonaws.com"
    return {"StringEquals": {"kms:ViaService": service, "kms:CallerAccount": environment.account}}


def _policy(*statements: Policy) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(
    sid: str,
    actions: list[str],
    resource: str | list[str],
    *,
    principal: str = "",
    condition: Policy | None = None,
) -> Policy:
    statement: Policy = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
    if principal:
        statement["Principal"] = {"AWS": principal}
    if condition:
        statement["Condition"] = condition
    return statement
