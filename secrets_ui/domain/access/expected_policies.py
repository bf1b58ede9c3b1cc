"""The policies that the Lambda's role should have, by the names of the set-up guide."""

from typing import Any

from ..environment import Environment
from .actions import BATCH, DECRYPT, READ_ACTIONS

BASIC_EXECUTION = "AWSLambdaBasicExecutionRole"
SECRETS_ACCESS = "miyabi-lambda-secrets-access"
GITHUB_ACCESS = "miyabi-lambda-github-access"

Statement = dict[str, Any]


def expected_arns(environment: Environment) -> tuple[str, ...]:
    return (
        environment.arn("iam", f"policy/service-role/{BASIC_EXECUTION}", account="aws"),
        secrets_access_arn(environment),
        environment.arn("iam", f"policy/{GITHUB_ACCESS}"),
    )


def secrets_access_arn(environment: Environment) -> str:
    return environment.arn("iam", f"policy/{SECRETS_ACCESS}")


def is_managed_by_aws(policy_arn: str) -> bool:
    """Whether AWS owns a policy, so that nobody else can change it."""
    return policy_arn.startswith("arn:") and policy_arn.split(":")[3:5] == ["", "aws"]


def role_arn(environment: Environment) -> str:
    """Return the Lambda role's ARN, without a path."""
    return environment.arn("iam", f"role/{environment.lambda_role}")


def secret_pattern(environment: Environment, name: str) -> str:
    """Return the secret's ARN as a policy should name it.

    Six random characters end it; `-*` would cover longer names as well.
    """
    return environment.arn("secretsmanager", f"secret:{name}-??????")


def read_statement(environment: Environment, name: str) -> Statement:
    return {
        "Sid": "ReadSecrets",
        "Effect": "Allow",
        "Action": list(READ_ACTIONS),
        "Resource": secret_pattern(environment, name),
    }


def batch_statement() -> Statement:
    return {"Sid": "ReadSecretsInBatches", "Effect": "Allow", "Action": BATCH, "Resource": "*"}


def endpoint_statement(environment: Environment, name: str, role: str) -> Statement:
    """Return a VPC endpoint policy's statement: the role may read the secret through it."""
    statement = {**read_statement(environment, name), "Sid": "LambdaReadsSecrets"}
    return statement | {"Principal": {"AWS": role}}


def decrypt_statement(environment: Environment, key_arn: str) -> Statement:
    return {
        "Sid": "DecryptSecrets",
        "Effect": "Allow",
        "Action": DECRYPT,
        "Resource": key_arn,
        "Condition": through_secrets_manager(environment),
    }


def key_statement(environment: Environment, role: str) -> Statement:
    """Return the key policy's statement: the role may decrypt, only through Secrets Manager."""
    return {
        "Sid": "LambdaDecryptsThroughSecretsManager",
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": DECRYPT,
        "Resource": "*",
        "Condition": through_secrets_manager(environment),
    }


def through_secrets_manager(environment: Environment) -> Statement:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html"""
    return {
        "StringEquals": {
            "kms:ViaService": via_service(environment),
            "kms:CallerAccount": environment.account,
        }
    }


def via_service(environment: Environment, service: str = "secretsmanager") -> str:
    return f"{service}.{environment.region}.amazonaws.com"


def secrets_access(environment: Environment, secret_name: str, key_arn: str) -> Statement:
    """Return the policy miyabi-lambda-secrets-access for one secret.

    With a `key_arn` of "", the key is left out.
    """
    decrypt = [decrypt_statement(environment, key_arn)] if key_arn else []
    return {
        "Version": "2012-10-17",
        "Statement": [read_statement(environment, secret_name), *decrypt],
    }
