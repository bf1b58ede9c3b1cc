"""The caller and the request context, of a running Lambda or of this console, at both hops."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..environment import Environment
from ..iam import Present
from .actions import DECRYPT
from .aws_managed_key import CONTEXT, has_aws_managed_key
from .evidence import AccessEvidence, Known, RoleEvidence
from .expected_policies import role_arn, secret_pattern, via_service
from .way import find_way

PRINCIPAL_TAGS, _SOURCE_IP = "aws:PrincipalTag/*", "aws:SourceIp"
_UNKNOWN_KEYS = frozenset(
    [
        *(_SOURCE_IP, "aws:UserAgent", "lambda:SourceFunctionArn"),
        *("aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"),
        *("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", PRINCIPAL_TAGS),
        *("aws:ResourceOrgID", "aws:ResourceOrgPaths"),
    ]
)
"""Keys of a role session's next call that cannot be known, such as where it comes from.

A role session's key about multi-factor authentication "is present only when the principal uses
temporary credentials"; AWS does not say with what value for a session that a service asked for.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""
KEYS_OF_VPC = frozenset(
    [
        *("aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpcSourceIp"),
        *("aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"),
    ]
)
"""Keys that a call has when it comes through a VPC endpoint, and only then. Of the last three AWS
says that some services give them.
"""
_UNKNOWN_KEYS_OF_KMS = frozenset(
    [
        *("aws:ResourceTag/*", "kms:ResourceAliases", "kms:KeyOrigin"),
        *("kms:KeySpec", "kms:KeyUsage", "kms:MultiRegion"),
    ]
)
"""Keys about the KMS key that the evidence does not hold."""
_UNKNOWN_KEYS_VIA = frozenset(["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"])
"""Of a call that a service makes: AWS's list of services that set them lacks Secrets Manager."""


@dataclass(frozen=True)
class Caller:
    """A role session or a user, and what is known of its role or of the user. The ARN of a session
    whose name is not known ends with the slash.

    `role_arn` is aws:PrincipalArn, "" where it is not known. `chosen` are condition keys that the
    caller may choose for a read, and `unknown` those of its own that cannot be known.
    """

    arn: str
    role_arn: str
    evidence: RoleEvidence
    is_lambda: bool = True
    chosen: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()

    @property
    def is_user(self) -> bool:
        return ":user/" in self.arn


def lambda_caller(evidence: AccessEvidence) -> Caller:
    """Return the running Lambda: a session of its role, named after the function. Of a function
    that could not be looked at, the session's name is not known.
    """
    role = (
        evidence.role.value.arn
        if isinstance(evidence.role, Known)
        else role_arn(evidence.environment)
    )
    arn = session_arn(evidence)
    if not isinstance(evidence.function, Known):
        arn = arn.removesuffix(evidence.environment.lambda_function)
    return Caller(arn, role, evidence.reader)


def console_caller(evidence: AccessEvidence) -> Caller | None:
    """Return this console as a caller, if its role could be read."""
    if isinstance(evidence.caller, Known) and isinstance(evidence.console.role, Known):
        return Caller(
            evidence.caller.value.arn,
            evidence.console.role.value.arn,
            evidence.console,
            is_lambda=False,
        )
    return None


def session_arn(evidence: AccessEvidence) -> str:
    """Return the ARN of the Lambda's role session, which has no path."""
    environment = evidence.environment
    role, session = environment.lambda_role, environment.lambda_function
    return environment.arn("sts", f"assumed-role/{role}/{session}")


def role_name_of(arn: str) -> str:
    """Return the name of the role in a role's or role session's ARN; "" for a user or root."""
    kind, *path = arn.split(":")[-1].split("/")
    if kind == "assumed-role" and path:
        return path[0]
    return path[-1] if kind == "role" and path else ""


def secret_arn(evidence: AccessEvidence) -> str:
    """Return the secret's ARN, or one with a placeholder suffix if the secret is unknown."""
    if isinstance(evidence.secret, Known):
        return evidence.secret.value.arn
    return secret_pattern(evidence.environment, evidence.secret_name)


def simulation_context(environment: Environment) -> dict[str, str]:
    """Return the context for the simulator, which reports other keys that it would need."""
    return {"aws:SecureTransport": "true", "aws:PrincipalAccount": environment.account}


def unknown_keys(evidence: AccessEvidence, caller: Caller) -> frozenset[str]:
    """Return the keys of a read that cannot be known. A name that ends in * is a prefix."""
    known_tags = isinstance(caller.evidence.role, Known) and PRINCIPAL_TAGS not in caller.unknown
    unknown = _UNKNOWN_KEYS - {PRINCIPAL_TAGS} if known_tags else _UNKNOWN_KEYS
    way = find_way(evidence) if caller.is_lambda else None
    if way and way.endpoint:
        # "Included in the request context, except when the requester uses a VPC endpoint".
        unknown = unknown - {_SOURCE_IP}
    is_outside = way is not None and way.is_seen and way.endpoint is None
    return unknown | caller.unknown | (frozenset() if is_outside else KEYS_OF_VPC)


def unknown_kms_keys(evidence: AccessEvidence, caller: Caller, service: str) -> frozenset[str]:
    """Return the keys of a call to KMS that cannot be known."""
    via = _UNKNOWN_KEYS_VIA if service else frozenset()
    of_key = frozenset() if has_aws_managed_key(evidence) else _UNKNOWN_KEYS_OF_KMS
    return unknown_keys(evidence, caller) | of_key | via | {_SOURCE_IP}


def read_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """Return the context of the first hop: a read of the secret by its name, without a stage."""
    arn = secret_arn(evidence)
    is_ours = account_of(caller.arn) == account_of(arn)
    context = _caller_context(evidence, caller) | {
        "aws:ViaAWSService": "false",
        "aws:ResourceAccount": account_of(arn),
        # From another account a secret is reached by its ARN alone.
        "secretsmanager:SecretId": evidence.secret_name if is_ours else arn,
        "secretsmanager:SecretPrimaryRegion": evidence.environment.region,
        **caller.chosen,
    }
    if isinstance(evidence.secret, Known):
        secret = evidence.secret.value
        context["secretsmanager:SecretPrimaryRegion"] = (
            secret.primary_region or evidence.environment.region
        )
        for key, value in secret.tags.items():
            context |= {f"aws:ResourceTag/{key}": value, f"secretsmanager:ResourceTag/{key}": value}
    return context | _function_context(evidence, caller)


def batch_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """Return the context of a call on no resource."""
    context = _caller_context(evidence, caller) | {"aws:ViaAWSService": "false"}
    return context | _function_context(evidence, caller)


def _function_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """What the function adds. AWS does not document whether the KMS hop has its ARN.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    """
    if not caller.is_lambda or not isinstance(evidence.function, Known):
        return {}
    arn = {"lambda:SourceFunctionArn": evidence.function.value.arn}
    return arn | _endpoint_context(evidence)


def _endpoint_context(evidence: AccessEvidence) -> dict[str, Any]:
    """Return what a VPC endpoint adds to the calls that come through it.

    AWS KMS is then called by Secrets Manager, and "might" see none of
    these: https://docs.aws.amazon.com/kms/latest/developerguide/vpce-policy-condition.html
    """
    endpoint, function = find_way(evidence).endpoint, evidence.function
    if endpoint is None or not isinstance(function, Known) or function.value.vpc is None:
        return {}
    vpc, address = function.value.vpc.id, Present()
    return {"aws:SourceVpce": endpoint.id, "aws:SourceVpc": vpc, "aws:VpcSourceIp": address}


def decrypt_context(evidence: AccessEvidence, caller: Caller, action: str) -> dict[str, Any]:
    """Return the context of the KMS hop: of the current version where it is decrypted. Encrypting
    makes a version, whose id is not known before.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    """
    secret = evidence.secret.value if isinstance(evidence.secret, Known) else None
    version = secret.current if secret and action == DECRYPT else ""
    return kms_context(evidence, caller, "secretsmanager") | {
        "kms:EncryptionContext:SecretARN": secret.arn if secret else Present(),
        "kms:EncryptionContext:SecretVersionId": version or Present(),
        "kms:EncryptionContextKeys": ["SecretARN", "SecretVersionId"],
    }


def kms_context(evidence: AccessEvidence, caller: Caller, service: str) -> dict[str, Any]:
    via = {"kms:ViaService": via_service(evidence.environment, service)}
    account = (
        account_of(evidence.key.value.arn)
        if isinstance(evidence.key, Known)
        else evidence.environment.account
    )
    return (
        _caller_context(evidence, caller)
        | (via if service else {})
        | _key_context(evidence)
        | {
            "aws:ViaAWSService": "true" if service else "false",
            "aws:ResourceAccount": account,
            "kms:CallerAccount": account_of(caller.arn),
            "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }
    )


def iam_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """Return the context of a call to IAM about the caller's own role or user."""
    return _caller_context(evidence, caller) | {
        "aws:ViaAWSService": "false",
        "aws:ResourceAccount": account_of(caller.arn),
    }


def unknown_iam_keys(evidence: AccessEvidence, caller: Caller) -> frozenset[str]:
    """Return the keys of a call to IAM that cannot be known, such as the policy to attach."""
    return unknown_keys(evidence, caller) | {"aws:ResourceTag/*", "iam:*"}


def _key_context(evidence: AccessEvidence) -> dict[str, Any]:
    """Return the key's alias when AWS answered with this key for it. There may be others. Of the
    AWS-managed key more is known.
    """
    if has_aws_managed_key(evidence):
        return {**CONTEXT}
    key, alias = evidence.key, evidence.alias
    if isinstance(key, Known) and isinstance(alias, Known) and key.value.arn == alias.value.arn:
        return {"kms:ResourceAliases": Present((evidence.environment.kms_alias,))}
    return {}


def _caller_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """Return the keys that every request of a role session or of a user has.

    Keys whose absence a policy may test for are left out on purpose.
    """
    context = {
        "aws:PrincipalAccount": account_of(caller.arn),
        "aws:PrincipalType": "User" if caller.is_user else "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:SecureTransport": "true",
        "aws:RequestedRegion": evidence.environment.region,
        "aws:CurrentTime": evidence.read_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(evidence.read_at.timestamp())),
    }
    if caller.role_arn:
        context["aws:PrincipalArn"] = caller.role_arn
    # Present in every request with temporary credentials.
    kind = {} if caller.is_user else {"aws:TokenIssueTime": Present()}
    return context | kind | _identity_context(caller)


def _identity_context(caller: Caller) -> dict[str, Any]:
    """Return the keys that a role's or a user's id, name and tags give."""
    if not isinstance(caller.evidence.role, Known):
        return {}
    role, name = caller.evidence.role.value, caller.arn.rpartition("/")[2]
    context: dict[str, Any] = (
        {"aws:userid": role.role_id, "aws:username": name}
        if caller.is_user
        else {"aws:userid": f"{role.role_id}:{name}" if name else Present()}
    )
    if PRINCIPAL_TAGS in caller.unknown:
        return context
    return context | {f"aws:PrincipalTag/{key}": value for key, value in role.tags.items()}


def account_of(arn: str) -> str:
    """Return the account in an ARN, "" of `*`."""
    return "" if arn == "*" else arn.split(":")[4]
