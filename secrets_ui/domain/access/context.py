"""Who asks, and what the request's context holds: of a running Lambda, or of this console, at both hops of the path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..environment import Environment
from .evidence import AccessEvidence, Known, RoleEvidence
from .expected_policies import role_arn, via_service

# What nobody here can know of a running Lambda's next call: where it comes from on the network.
UNKNOWN_KEYS = frozenset({
    "aws:SourceIp", "aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpcSourceIp", "aws:UserAgent", "aws:TokenIssueTime",
    "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalTag/*", "aws:ResourceOrgID", "aws:ResourceOrgPaths",
    "lambda:SourceFunctionArn",
})  # fmt: skip
# Of the key nobody asked for these.
UNKNOWN_KEYS_OF_KMS = frozenset({
    "aws:ResourceTag/*", "kms:ResourceAliases", "kms:KeyOrigin", "kms:KeySpec", "kms:KeyUsage", "kms:MultiRegion"
})  # fmt: skip


@dataclass(frozen=True)
class Caller:
    """Who asks: a session of a role, and what is known of that role."""

    arn: str
    role_arn: str
    evidence: RoleEvidence
    is_lambda: bool = True


def lambda_caller(evidence: AccessEvidence) -> Caller:
    """A running Lambda is a session of its role, named after the function."""
    role = (
        evidence.role.value.arn
        if isinstance(evidence.role, Known)
        else role_arn(evidence.environment)
    )
    return Caller(session_arn(evidence), role, evidence.reader)


def console_caller(evidence: AccessEvidence) -> Caller | None:
    """This console, when it acts in a role that could be read."""
    if isinstance(evidence.caller, Known) and isinstance(evidence.console.role, Known):
        return Caller(
            evidence.caller.value.arn,
            evidence.console.role.value.arn,
            evidence.console,
            is_lambda=False,
        )
    return None


def session_arn(evidence: AccessEvidence) -> str:
    """The session's ARN has no path."""
    environment = evidence.environment
    return f"arn:aws:sts::{environment.account}:assumed-role/{environment.lambda_role}/{environment.lambda_function}"


def role_name_of(arn: str) -> str:
    """The role behind a role's or a session's ARN; "" for a user or root."""
    kind, *path = arn.split(":")[-1].split("/")
    if kind == "assumed-role" and path:
        return path[0]
    return path[-1] if kind == "role" and path else ""


def secret_arn(evidence: AccessEvidence) -> str:
    """The secret's ARN; where it could not be had, one that ends in six characters of no meaning."""
    if isinstance(evidence.secret, Known):
        return evidence.secret.value.arn
    environment = evidence.environment
    return f"arn:aws:secretsmanager:{environment.region}:{environment.account}:secret:{evidence.secret_name}-??????"


def simulation_context(environment: Environment) -> dict[str, str]:
    """What the simulator is told; it says itself which other keys it would need."""
    return {"aws:SecureTransport": "true", "aws:PrincipalAccount": environment.account}


def read_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """The first hop: the caller asks for the secret by its name, and for no stage."""
    context = _caller_context(evidence, caller) | {
        "aws:ViaAWSService": "false",
        "aws:ResourceAccount": account_of(secret_arn(evidence)),
        "secretsmanager:SecretId": evidence.secret_name,
        "secretsmanager:SecretPrimaryRegion": evidence.environment.region,
    }
    if isinstance(evidence.secret, Known):
        secret = evidence.secret.value
        context["secretsmanager:SecretPrimaryRegion"] = (
            secret.primary_region or evidence.environment.region
        )
        for key, value in secret.tags.items():
            context |= {f"aws:ResourceTag/{key}": value, f"secretsmanager:ResourceTag/{key}": value}
    if caller.is_lambda and isinstance(evidence.function, Known):
        # https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html; whether the KMS hop has it, nobody says.
        context["lambda:SourceFunctionArn"] = evidence.function.value.arn
    return context


def decrypt_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """The KMS hop's own context. https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html"""
    version = evidence.secret.value.current if isinstance(evidence.secret, Known) else ""
    return kms_context(evidence, caller, "secretsmanager") | {
        "kms:EncryptionContext:SecretARN": secret_arn(evidence),
        "kms:EncryptionContext:SecretVersionId": version,
        "kms:EncryptionContextKeys": ["SecretARN", "SecretVersionId"],
    }


def kms_context(evidence: AccessEvidence, caller: Caller, service: str) -> dict[str, Any]:
    via = {
        "kms:ViaService": via_service(evidence.environment, service),
        "aws:CalledVia": [f"{service}.amazonaws.com"],
        "aws:CalledViaFirst": f"{service}.amazonaws.com",
        "aws:CalledViaLast": f"{service}.amazonaws.com",
    }
    account = (
        account_of(evidence.key.value.arn)
        if isinstance(evidence.key, Known)
        else evidence.environment.account
    )
    return _caller_context(evidence, caller) | (via if service else {}) | {
        "aws:ViaAWSService": "true" if service else "false",
        "aws:ResourceAccount": account,
        "kms:CallerAccount": account_of(caller.arn),
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }  # fmt: skip


def _caller_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """The keys that every request of a session has. Those that a test of absence may look for are left out on purpose."""
    role = caller.evidence.role.value if isinstance(caller.evidence.role, Known) else None
    context = {
        "aws:PrincipalArn": caller.role_arn,
        "aws:PrincipalAccount": account_of(caller.arn),
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:SecureTransport": "true",
        "aws:RequestedRegion": evidence.environment.region,
        "aws:CurrentTime": evidence.read_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(evidence.read_at.timestamp())),
    }
    if role:
        context["aws:userid"] = f"{role.role_id}:{caller.arn.rpartition('/')[2]}"
        context |= {f"aws:PrincipalTag/{key}": value for key, value in role.tags.items()}
    return context


def account_of(arn: str) -> str:
    return arn.split(":")[4]
