"""What AWS asks of the console's role for each API call.

A new call of a gateway gets a line in NEEDS; without one the tour fails.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deploy.demo.account import Clients
from secrets_ui.domain.environment import Environment

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """An environment's account, looked at beside the console to find what a call is about."""

    environment: Environment
    clients: Clients

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        region = self.environment.region if region is None else region
        return f"arn:aws:{service}:{region}:{self.environment.account}:{resource}"

    def role(self, name: str) -> str:
        return self.arn("iam", f"role/{name}", region="")

    def secret(self, name: str) -> str:
        """A secret that is not there has no ARN: one that ends in six characters stands for it."""
        try:
            return self.clients.secretsmanager.describe_secret(SecretId=name)["ARN"]
        except ClientError:
            return self.arn("secretsmanager", f"secret:{name}-AbCdEf")

    def key_of(self, secret: str) -> str:
        """The key of a secret's values; "" for the AWS-managed one, which needs no right."""
        try:
            key = self.clients.secretsmanager.describe_secret(SecretId=secret).get("KmsKeyId", "")
        except ClientError:
            key = self.environment.kms_alias
        return self.key(key) if key else ""

    def key(self, named: str) -> str:
        """By id, ARN or alias. An alias is allowed or not as the key behind it."""
        try:
            return self.clients.kms.describe_key(KeyId=named)["KeyMetadata"]["Arn"]
        except ClientError:
            return self.arn("kms", "key/00000000-0000-0000-0000-000000000000")


@dataclass(frozen=True)
class Need:
    action: str
    resource: Callable[[Place, Params], str]
    through_secrets_manager: bool = False  # Secrets Manager calls KMS with the caller's rights


def anything(place: Place, params: Params) -> str:
    """These actions know no resource."""
    return "*"


def secret(place: Place, params: Params) -> str:
    return place.secret(params["SecretId"])


def new_secret(place: Place, params: Params) -> str:
    return place.secret(params["Name"])


def new_secret_s_key(place: Place, params: Params) -> str:
    return place.key(params["KmsKeyId"])


def key_of_secret(place: Place, params: Params) -> str:
    return place.key_of(params["SecretId"])


def key(place: Place, params: Params) -> str:
    return place.key(params["KeyId"])


def role(place: Place, params: Params) -> str:
    return place.role(params["RoleName"])


def policy(place: Place, params: Params) -> str:
    return str(params["PolicyArn"])


def simulated(place: Place, params: Params) -> str:
    return str(params["PolicySourceArn"])


def function(place: Place, params: Params) -> str:
    return place.arn("lambda", f"function:{params['FunctionName']}")


def log_group(place: Place, params: Params) -> str:
    """As AWS names it where it denies the call."""
    return place.arn("logs", f"log-group:{params['logGroupName']}:log-stream:")


def _own(
    service: str, resource: Callable[[Place, Params], str], *operations: str
) -> dict[str, tuple[Need, ...]]:
    """Operations whose action bears their name, which is the rule."""
    return {
        f"{service}:{operation}": (Need(f"{service}:{operation}", resource),)
        for operation in operations
    }


_DECRYPT = Need("kms:Decrypt", key_of_secret, through_secrets_manager=True)
_ENCRYPT = Need("kms:GenerateDataKey", key_of_secret, through_secrets_manager=True)

NEEDS: dict[str, tuple[Need, ...]] = {
    **_own("secretsmanager", anything, "ListSecrets"),
    **_own(
        "secretsmanager",
        secret,
        "DescribeSecret",
        "GetResourcePolicy",
        "ListSecretVersionIds",
        "UpdateSecretVersionStage",
        "UpdateSecret",
        "TagResource",
        "UntagResource",
        "DeleteSecret",
        "RestoreSecret",
    ),
    "secretsmanager:CreateSecret": (
        Need("secretsmanager:CreateSecret", new_secret),
        Need("secretsmanager:TagResource", new_secret),
        Need("kms:GenerateDataKey", new_secret_s_key, through_secrets_manager=True),
        Need("kms:Decrypt", new_secret_s_key, through_secrets_manager=True),
    ),
    "secretsmanager:GetSecretValue": (Need("secretsmanager:GetSecretValue", secret), _DECRYPT),
    "secretsmanager:PutSecretValue": (
        Need("secretsmanager:PutSecretValue", secret),
        _ENCRYPT,
        _DECRYPT,
    ),
    **_own("kms", key, "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListGrants"),
    **_own("iam", role, "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"),
    **_own("iam", policy, "GetPolicy", "GetPolicyVersion"),
    **_own("iam", simulated, "SimulatePrincipalPolicy"),
    **_own("iam", anything, "GetAccountAuthorizationDetails"),
    **_own(
        "organizations",
        anything,
        "DescribeOrganization",
        "DescribePolicy",
        "ListParents",
        "ListPoliciesForTarget",
    ),
    **_own(
        "lambda",
        function,
        "GetFunctionConfiguration",
        "ListAliases",
        "ListProvisionedConcurrencyConfigs",
        "ListVersionsByFunction",
        "UpdateFunctionConfiguration",
    ),
    **_own("logs", log_group, "FilterLogEvents", "StartQuery"),
    **_own(
        "ec2",
        anything,
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcEndpoints",
    ),
    **_own("cloudtrail", anything, "LookupEvents"),
    **_own("logs", anything, "GetQueryResults"),
    **_own("cloudwatch", anything, "GetMetricData", "DescribeAlarms"),
    "sts:AssumeRole": (),  # asked by the console itself, before it is the role
    "sts:GetCallerIdentity": (),  # "No permissions are required"
}
