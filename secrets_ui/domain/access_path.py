"""The questions along the path role → identity policies → secret → key, put to the evaluator from evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .access import Evaluation, Grant, Layer, MalformedPolicy, NamedPolicy, PolicyKind, Request, evaluate
from .encrypting_key import encrypting_key, is_aws_managed
from .environment import Environment
from .evidence import (
    AccessEvidence,
    Denied,
    Document,
    Evidence,
    Known,
    Missing,
    NotAsked,
    RoleEvidence,
    Unlearnt,
)
from .expected_policies import READ_ACTIONS as READ_ACTIONS
from .expected_policies import role_arn, via_service
from .policy_places import parsed

WRITE_ACTIONS = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
WRITE_KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
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


@dataclass(frozen=True)
class Answer:
    """The evaluator's answer, or why it could not be asked. `doubts` name the layers that could not be read; a `malformed` policy
    is one of them."""

    evaluation: Evaluation | None
    request: Request | None = None
    why_not: str = ""
    doubts: tuple[str, ...] = ()
    malformed: MalformedPolicy | None = None

    @property
    def is_allowed(self) -> bool:
        return self.evaluation is not None and self.evaluation.is_allowed


def lambda_caller(evidence: AccessEvidence) -> Caller:
    """A running Lambda is a session of its role, named after the function."""
    role = evidence.role.value.arn if isinstance(evidence.role, Known) else role_arn(evidence.environment)
    return Caller(session_arn(evidence), role, evidence.reader)


def console_caller(evidence: AccessEvidence) -> Caller | None:
    """This console, when it acts in a role that could be read."""
    if isinstance(evidence.caller, Known) and isinstance(evidence.console.role, Known):
        return Caller(
            evidence.caller.value.arn, evidence.console.role.value.arn, evidence.console, is_lambda=False
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


def has_aws_managed_key(evidence: AccessEvidence) -> bool:
    """Then readers in the secret's own account need no right in KMS."""
    if not isinstance(evidence.secret, Known):
        return False
    versions = evidence.versions.value if isinstance(evidence.versions, Known) else ()
    is_managed = isinstance(evidence.key, Known) and evidence.key.value.manager == "AWS"
    return is_managed or is_aws_managed(encrypting_key(evidence.secret.value, versions))


def simulation_context(environment: Environment) -> dict[str, str]:
    """What the simulator is told; it says itself which other keys it would need."""
    return {"aws:SecureTransport": "true", "aws:PrincipalAccount": environment.account}


def ask_read(evidence: AccessEvidence, action: str, caller: Caller | None = None) -> Answer:
    """May the Lambda (or `caller`) call `action` on the secret: identity policies, boundary and the secret's own policy together."""
    caller = caller or lambda_caller(evidence)
    policy = _Resource(
        evidence.secret_name, PolicyKind.RESOURCE, evidence.resource_policy, "the secret's own policy"
    )
    return _ask(caller, action, secret_arn(evidence), read_context(evidence, caller), UNKNOWN_KEYS, policy)


def ask_decrypt(
    evidence: AccessEvidence,
    action: str = "kms:Decrypt",
    caller: Caller | None = None,
    service: str = "secretsmanager",
) -> Answer:
    """May the Lambda (or `caller`) use the key: key policy, grants, identity policies and boundary together. `service` is the one
    through which KMS is called, "" for a call of its own."""
    if not isinstance(evidence.key, Known):
        return Answer(None, why_not=told("the key that encrypts the current version", evidence.key))
    caller, key = caller or lambda_caller(evidence), evidence.key.value
    context = (
        decrypt_context(evidence, caller)
        if service == "secretsmanager"
        else _kms_context(evidence, caller, service)
    )
    policy = _Resource(key.key_id, PolicyKind.KEY, evidence.key_policy, "the key policy", evidence.grants)
    return _ask(caller, action, key.arn, context, UNKNOWN_KEYS | UNKNOWN_KEYS_OF_KMS, policy)


def read_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """The first hop: the caller asks for the secret by its name, and for no stage."""
    context = _caller_context(evidence, caller) | {
        "aws:ViaAWSService": "false",
        "aws:ResourceAccount": _account_of(secret_arn(evidence)),
        "secretsmanager:SecretId": evidence.secret_name,
        "secretsmanager:SecretPrimaryRegion": evidence.environment.region,
    }
    if isinstance(evidence.secret, Known):
        secret = evidence.secret.value
        context["secretsmanager:SecretPrimaryRegion"] = secret.primary_region or evidence.environment.region
        for key, value in secret.tags.items():
            context |= {f"aws:ResourceTag/{key}": value, f"secretsmanager:ResourceTag/{key}": value}
    if caller.is_lambda and isinstance(evidence.function, Known):
        # https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html; whether the KMS hop has it, nobody says.
        context["lambda:SourceFunctionArn"] = evidence.function.value.arn
    return context


def decrypt_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """The KMS hop's own context. https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html"""
    version = evidence.secret.value.current if isinstance(evidence.secret, Known) else ""
    return _kms_context(evidence, caller, "secretsmanager") | {
        "kms:EncryptionContext:SecretARN": secret_arn(evidence),
        "kms:EncryptionContext:SecretVersionId": version,
        "kms:EncryptionContextKeys": ["SecretARN", "SecretVersionId"],
    }


def _kms_context(evidence: AccessEvidence, caller: Caller, service: str) -> dict[str, Any]:
    via = {
        "kms:ViaService": via_service(evidence.environment, service),
        "aws:CalledVia": [f"{service}.amazonaws.com"],
        "aws:CalledViaFirst": f"{service}.amazonaws.com",
        "aws:CalledViaLast": f"{service}.amazonaws.com",
    }
    account = (
        _account_of(evidence.key.value.arn)
        if isinstance(evidence.key, Known)
        else evidence.environment.account
    )
    return _caller_context(evidence, caller) | (via if service else {}) | {
        "aws:ViaAWSService": "true" if service else "false",
        "aws:ResourceAccount": account,
        "kms:CallerAccount": _account_of(caller.arn),
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }  # fmt: skip


def _caller_context(evidence: AccessEvidence, caller: Caller) -> dict[str, Any]:
    """The keys that every request of a session has. Those that a test of absence may look for are left out on purpose."""
    role = caller.evidence.role.value if isinstance(caller.evidence.role, Known) else None
    context = {
        "aws:PrincipalArn": caller.role_arn,
        "aws:PrincipalAccount": _account_of(caller.arn),
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


class _Reading:
    """Reads policies, and notes those that cannot be read: such a layer is unreadable, never empty."""

    def __init__(self) -> None:
        self.doubts: list[str] = []
        self.unreadable: set[Layer] = set()
        self.malformed: MalformedPolicy | None = None

    def missing(self, layer: Layer, what: str, found: Unlearnt | Known[Any]) -> None:
        if not isinstance(found, Known):
            self.unreadable.add(layer)
            self.doubts.append(told(what, found))

    def policy(self, layer: Layer, name: str, text: str, kind: PolicyKind) -> tuple[NamedPolicy, ...]:
        try:
            return (parsed(name, text, kind),)
        except MalformedPolicy as error:
            self.malformed = error
            self.unreadable.add(layer)
            self.doubts.append(error.message.rstrip("."))
            return ()

    def documents(self, layer: Layer, found: Iterable[Evidence[Document]]) -> tuple[NamedPolicy, ...]:
        known = (item.value for item in found if isinstance(item, Known))
        return tuple(
            policy for d in known for policy in self.policy(layer, d.name, d.text, PolicyKind.IDENTITY)
        )


@dataclass(frozen=True)
class _Resource:
    """A resource policy and, for a key, its grants."""

    name: str
    kind: PolicyKind
    found: Evidence[str]
    title: str
    grants: Evidence[tuple[Grant, ...]] | None = None


def _ask(
    caller: Caller,
    action: str,
    resource: str,
    context: Mapping[str, Any],
    unknown: frozenset[str],
    policy: _Resource,
) -> Answer:
    reading = _Reading()
    identity, boundary = _read_role(caller.evidence, reading)
    if policy.kind is PolicyKind.KEY or not isinstance(
        policy.found, Missing
    ):  # a secret that is not there has no policy either
        reading.missing(Layer.RESOURCE, policy.title, policy.found)
    text = policy.found.value if isinstance(policy.found, Known) else ""
    stated = reading.policy(Layer.RESOURCE, policy.name, text, policy.kind) if text else ()
    if policy.grants is not None:
        reading.missing(Layer.GRANT, "the key's grants", policy.grants)
    tags_known = isinstance(caller.evidence.role, Known)
    request = Request(
        principal=caller.arn, action=action, resource=resource, resource_account=_account_of(resource), context=context,
        identity_policies=identity, permission_boundaries=boundary, resource_policy=stated[0] if stated else None,
        grants=policy.grants.value if isinstance(policy.grants, Known) else (),
        unknown_context_keys=unknown - context.keys() - ({"aws:PrincipalTag/*"} if tags_known else frozenset()),
        unreadable_layers=frozenset(reading.unreadable),
    )  # fmt: skip
    return Answer(evaluate(request), request, doubts=tuple(reading.doubts), malformed=reading.malformed)


def _read_role(
    role: RoleEvidence, reading: _Reading
) -> tuple[tuple[NamedPolicy, ...], tuple[NamedPolicy, ...]]:
    reading.missing(Layer.IDENTITY, "the attached policies", role.attached)
    reading.missing(Layer.IDENTITY, "the inline policies", role.inline)
    for name, found in role.documents.items():
        reading.missing(Layer.IDENTITY, f"policy {name}", found)
    identity = reading.documents(Layer.IDENTITY, role.documents.values())
    if role.boundary is None:
        return identity, ()
    reading.missing(Layer.BOUNDARY, "the permissions boundary", role.boundary)
    return identity, reading.documents(Layer.BOUNDARY, [role.boundary])


def _account_of(arn: str) -> str:
    return arn.split(":")[4]


def told(what: str, found: Unlearnt | Known[Any]) -> str:
    """Why something is not known, as a phrase."""
    if isinstance(found, Denied):
        return f"{what} could not be read, because this console lacks {found.permission}"
    if isinstance(found, Missing):
        return f"{what} is not there"
    if isinstance(found, NotAsked):
        return f"{what} could not be asked for without {found.because}"
    return f"{what} could not be read: {getattr(found, 'why', '').rstrip('.')}"
