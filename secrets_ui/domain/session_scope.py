"""What one request may do in AWS: its actions, on its one secret.

AWS enforces it by the session policy, and the console before anything is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .access.expected_policies import via_service
from .environment import Environment

# Characters of a session policy:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
MOST = 2_048
# What Secrets Manager asks of AWS KMS in the caller's name:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
_KMS = {
    "CreateSecret": ("kms:Decrypt", "kms:GenerateDataKey"),
    "GetSecretValue": ("kms:Decrypt",),
    "PutSecretValue": ("kms:Decrypt", "kms:GenerateDataKey"),
}


# What stands for the secret in that trial:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
_TRIAL = "RequestToValidateKeyAccess"


class OutOfScope(Exception):
    """A call that its request did not announce: a fault of this console. Nothing was sent."""


@dataclass(frozen=True)
class Scope:
    """`on_secret` are operations of Secrets Manager on `secret`, or on every secret of the
    environment where that is "". `others` are actions that AWS ties to no one secret; the role's
    own policies say on what.
    """

    on_secret: tuple[str, ...] = ()
    secret: str = ""
    others: tuple[str, ...] = ()

    def of(self, secret: str) -> Scope:
        """The same, on one secret."""
        return Scope(self.on_secret, secret, self.others)

    def ensure_holds(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """Raises OutOfScope."""
        if f"{service}:{operation}" in self.others:
            return
        named = parameters.get("Name" if operation == "CreateSecret" else "SecretId")
        is_named = bool(named) and self.secret in ("", named)
        if not (service == "secretsmanager" and operation in self.on_secret and is_named):
            raise OutOfScope(f"{service}:{operation} is not in this request's scope.")


LIST = Scope(("DescribeSecret",), others=("secretsmanager:ListSecrets",))
DESCRIBE = Scope(("DescribeSecret",))
OPEN = Scope(("DescribeSecret", "ListSecretVersionIds"))
READ = Scope(("GetSecretValue",))
EDIT = Scope(("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"))
DECIDE = Scope(("DescribeSecret", "UpdateSecretVersionStage"))
# Tags that come with a new secret take the right to tag.
CREATE = Scope(("CreateSecret", "DescribeSecret", "TagResource"), others=("kms:DescribeKey",))
DESCRIBE_ANEW = Scope(("DescribeSecret", "TagResource", "UntagResource", "UpdateSecret"))
DELETE = Scope(("DeleteSecret", "DescribeSecret"))
CANCEL_DELETION = Scope(("DescribeSecret", "RestoreSecret"))
SETTLE = Scope(("DescribeSecret", "ListSecretVersionIds", "UpdateSecretVersionStage"))
SWEEP = Scope(("UpdateSecretVersionStage",), others=("secretsmanager:ListSecrets",))
_ORGANIZATION = (
    *("organizations:DescribeOrganization", "organizations:DescribePolicy"),
    *("organizations:ListParents", "organizations:ListPoliciesForTarget"),
)
CHECK = Scope(
    ("DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy"),
    others=(
        "cloudtrail:LookupEvents",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpoints",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:SimulatePrincipalPolicy",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListGrants",
        "lambda:GetFunctionConfiguration",
        *_ORGANIZATION,
        "sts:GetCallerIdentity",
    ),
)
WHO = Scope(
    ("DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy"),
    others=(
        "iam:GetAccountAuthorizationDetails",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:ListGrants",
        *_ORGANIZATION,
    ),
)
ROLLOUT = Scope(
    ("DescribeSecret", "ListSecretVersionIds"),
    others=(
        "cloudtrail:LookupEvents",
        "kms:DescribeKey",
        "lambda:GetFunctionConfiguration",
        "logs:FilterLogEvents",
    ),
)
WATCH = Scope(
    ("DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy"),
    others=(
        *CHECK.others,
        "cloudwatch:DescribeAlarms",
        "logs:FilterLogEvents",
        "secretsmanager:ListSecrets",
    ),
)
LOOK_AT_FUNCTION = Scope(
    others=(
        "lambda:GetFunctionConfiguration",
        "lambda:ListAliases",
        "lambda:ListProvisionedConcurrencyConfigs",
        "lambda:ListVersionsByFunction",
    )
)
REFRESH = Scope(others=(*LOOK_AT_FUNCTION.others, "lambda:UpdateFunctionConfiguration"))
USAGE = Scope(
    others=("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "secretsmanager:ListSecrets")
)
TRAIL = Scope(others=("cloudtrail:LookupEvents",))
OLDER_READS = Scope(others=("logs:GetQueryResults", "logs:StartQuery"))


def session_policy(environment: Environment, scope: Scope) -> str:
    """The scope as an IAM policy, in AWS's own limits for the longest name of a secret."""
    statements = []
    if scope.on_secret:
        actions = [f"secretsmanager:{operation}" for operation in scope.on_secret]
        statements.append(_allow(actions, _secrets(environment, scope)))
    if scope.others:
        statements.append(_allow(list(scope.others), "*"))
    kms = sorted({action for operation in scope.on_secret for action in _KMS.get(operation, ())})
    if kms:
        statements.append(_allow(kms, "*") | {"Condition": _for_this_secret(environment, scope)})
    policy = {"Version": "2012-10-17", "Statement": statements}
    return json.dumps(policy, separators=(",", ":"))


def _allow(actions: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _secrets(environment: Environment, scope: Scope) -> str:
    """Six random characters end a secret's ARN; `NAME-*` would match longer names too. Before a
    secret is made it has none, and AWS does not say what stands for it.
    """
    if not scope.secret:
        ending = f"{environment.prefix}*"
    else:
        ending = scope.secret + ("*" if _creates(scope) else "-??????")
    return environment.arn("secretsmanager", f"secret:{ending}")


def _creates(scope: Scope) -> bool:
    return "CreateSecret" in scope.on_secret


def _for_this_secret(environment: Environment, scope: Scope) -> dict[str, Any]:
    """Whatever key encrypts the secret: for this secret, and through Secrets Manager alone, which
    before it makes a secret also tries whether the caller may use the key at all.
    """
    secret = _secrets(environment, scope)
    about = [secret, _TRIAL] if _creates(scope) else secret
    return {
        "StringEquals": {"kms:ViaService": via_service(environment)},
        "StringLike": {"kms:EncryptionContext:SecretARN": about},
    }
