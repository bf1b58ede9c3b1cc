"""The questions along the path role → identity policies → secret → key, put to the evaluator from evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .access import Evaluation, Grant, Layer, MalformedPolicy, NamedPolicy, PolicyKind, Request, evaluate, parse_policy
from .environment import Environment
from .evidence import AccessEvidence, Denied, Document, Evidence, Known, Missing, NotAsked, Unlearnt

READ_ACTIONS = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
WRITE_ACTIONS = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
# What nobody here can know of a running Lambda's next call: where it comes from on the network.
UNKNOWN_KEYS = frozenset({
    "aws:SourceIp", "aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpcSourceIp", "aws:UserAgent", "aws:TokenIssueTime",
    "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalTag/*", "aws:ResourceOrgID", "aws:ResourceOrgPaths",
})  # fmt: skip
# Of the key nobody asked for these.
UNKNOWN_KEYS_OF_KMS = frozenset({"aws:ResourceTag/*", "kms:ResourceAliases", "kms:KeyOrigin", "kms:KeySpec", "kms:KeyUsage", "kms:MultiRegion"})


@dataclass(frozen=True)
class Answer:
    """The evaluator's answer, or why it could not be asked. `doubts` name the layers that could not be read."""

    evaluation: Evaluation | None
    request: Request | None = None
    why_not: str = ""
    doubts: tuple[str, ...] = ()
    malformed: MalformedPolicy | None = None

    @property
    def is_allowed(self) -> bool:
        return self.evaluation is not None and self.evaluation.is_allowed


def session_arn(evidence: AccessEvidence) -> str:
    """Who a running Lambda is: a session of its role, named after the function. The session's ARN has no path."""
    environment = evidence.environment
    return f"arn:aws:sts::{environment.account}:assumed-role/{environment.lambda_role}/{environment.lambda_function}"


def role_name_of(arn: str) -> str:
    """The role behind `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`; "" for a user or root."""
    parts = arn.split(":")[-1].split("/")
    return parts[1] if len(parts) > 1 and parts[0] in ("assumed-role", "role") else ""


def via_service(environment: Environment) -> str:
    return f"secretsmanager.{environment.region}.amazonaws.com"


def secret_arn(evidence: AccessEvidence) -> str:
    """The secret's full ARN, or its ARN without the six characters when DescribeSecret could not be had."""
    if isinstance(evidence.secret, Known):
        return evidence.secret.value.arn
    environment = evidence.environment
    return f"arn:aws:secretsmanager:{environment.region}:{environment.account}:secret:{evidence.secret_name}"


def simulation_context(environment: Environment) -> dict[str, str]:
    """What the simulator is told; it says itself which other keys it would need."""
    return {"aws:SecureTransport": "true", "aws:PrincipalAccount": environment.account}


def ask_read(evidence: AccessEvidence, action: str) -> Answer:
    """May the Lambda call `action` on the secret: identity policies, boundary and the secret's own policy together."""
    arn = secret_arn(evidence)
    policy = _one(evidence.resource_policy, PolicyKind.RESOURCE)
    return _ask(evidence, action, arn, read_context(evidence), UNKNOWN_KEYS, policy)


def ask_decrypt(evidence: AccessEvidence, action: str = "kms:Decrypt") -> Answer:
    """May the Lambda use the version's key through Secrets Manager: key policy, grants, identity policies and boundary together."""
    if not isinstance(evidence.key, Known):
        return Answer(None, why_not=told("the key that encrypts the current version", evidence.key))
    policy = _one(evidence.key_policy, PolicyKind.KEY)
    return _ask(evidence, action, evidence.key.value.arn, decrypt_context(evidence), UNKNOWN_KEYS | UNKNOWN_KEYS_OF_KMS, policy)


def read_context(evidence: AccessEvidence) -> dict[str, Any]:
    """The first hop: the Lambda asks for the secret by its name, and for no stage."""
    context = _caller_context(evidence) | {
        "aws:ViaAWSService": "false",
        "secretsmanager:SecretId": evidence.secret_name,
        "secretsmanager:SecretPrimaryRegion": evidence.environment.region,
    }
    if isinstance(evidence.secret, Known):
        for key, value in evidence.secret.value.tags.items():
            context |= {f"aws:ResourceTag/{key}": value, f"secretsmanager:ResourceTag/{key}": value}
    return context


def decrypt_context(evidence: AccessEvidence) -> dict[str, Any]:
    """The KMS hop's own context. https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html"""
    arn = secret_arn(evidence)
    version = evidence.secret.value.current if isinstance(evidence.secret, Known) else ""
    return _caller_context(evidence) | {
        "kms:ViaService": via_service(evidence.environment),
        "kms:CallerAccount": evidence.environment.account,
        "kms:EncryptionContext:SecretARN": arn,
        "kms:EncryptionContext:SecretVersionId": version,
        "kms:EncryptionContextKeys": ["SecretARN", "SecretVersionId"],
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "aws:ViaAWSService": "true",
        "aws:CalledVia": ["secretsmanager.amazonaws.com"],
        "aws:CalledViaFirst": "secretsmanager.amazonaws.com",
        "aws:CalledViaLast": "secretsmanager.amazonaws.com",
        "aws:ResourceAccount": _account_of(evidence.key.value.arn) if isinstance(evidence.key, Known) else evidence.environment.account,
    }


def _caller_context(evidence: AccessEvidence) -> dict[str, Any]:
    """The keys that every request of a running Lambda has. Those that a test of absence may look for are left out on purpose."""
    environment, role = evidence.environment, evidence.role.value if isinstance(evidence.role, Known) else None
    return {
        "aws:PrincipalArn": role.arn if role else f"arn:aws:iam::{environment.account}:role/{environment.lambda_role}",
        "aws:PrincipalAccount": environment.account,
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:SecureTransport": "true",
        "aws:RequestedRegion": environment.region,
        "aws:ResourceAccount": _account_of(secret_arn(evidence)),
        "aws:CurrentTime": evidence.read_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(evidence.read_at.timestamp())),
        **({"aws:userid": f"{role.role_id}:{environment.lambda_function}"} if role else {}),
    }


@dataclass(frozen=True)
class _Layers:
    identity: tuple[NamedPolicy, ...]
    boundary: tuple[NamedPolicy, ...]
    unreadable: frozenset[Layer]
    doubts: tuple[str, ...]


def _identity_layers(evidence: AccessEvidence) -> _Layers:
    doubts = [told(what, found) for what, found in (("the attached policies", evidence.attached), ("the inline policies", evidence.inline)) if not isinstance(found, Known)]
    doubts += [told(f"policy {name}", found) for name, found in evidence.documents.items() if not isinstance(found, Known)]
    unreadable = {Layer.IDENTITY} if doubts else set()
    identity = tuple(parse_policy(d.name, d.text, PolicyKind.IDENTITY) for d in known_documents(evidence.documents.values()))
    boundary: tuple[NamedPolicy, ...] = ()
    if isinstance(evidence.boundary, Known):
        boundary = (parse_policy(evidence.boundary.value.name, evidence.boundary.value.text, PolicyKind.IDENTITY),)
    elif evidence.boundary is not None:
        unreadable.add(Layer.BOUNDARY)
        doubts.append(told("the permissions boundary", evidence.boundary))
    return _Layers(identity, boundary, frozenset(unreadable), tuple(doubts))


def known_documents(found: Iterable[Evidence[Document]]) -> list[Document]:
    return [item.value for item in found if isinstance(item, Known)]


@dataclass(frozen=True)
class _Resource:
    text: str
    kind: PolicyKind
    doubt: str = ""


def _one(found: Evidence[str], kind: PolicyKind) -> _Resource:
    if isinstance(found, Known):
        return _Resource(found.value, kind)
    return _Resource("", kind, told("the key policy" if kind is PolicyKind.KEY else "the secret's own policy", found))


def _ask(
    evidence: AccessEvidence, action: str, resource: str, context: Mapping[str, Any], unknown: frozenset[str], policy: _Resource
) -> Answer:
    try:
        layers = _identity_layers(evidence)
        parsed = parse_policy("resource", policy.text, policy.kind) if policy.text else None
    except MalformedPolicy as error:
        return Answer(None, why_not=error.message, malformed=error)
    grants, grant_doubt = _grants(evidence, policy.kind)
    unreadable = layers.unreadable | ({Layer.RESOURCE} if policy.doubt else set()) | ({Layer.GRANT} if grant_doubt else set())
    request = Request(
        principal=session_arn(evidence), action=action, resource=resource, resource_account=_account_of(resource), context=context,
        identity_policies=layers.identity, permission_boundaries=layers.boundary, resource_policy=parsed, grants=grants,
        unknown_context_keys=unknown - context.keys(), unreadable_layers=frozenset(unreadable),
    )  # fmt: skip
    doubts = (*layers.doubts, *(doubt for doubt in (policy.doubt, grant_doubt) if doubt))
    return Answer(evaluate(request), request, doubts=doubts)


def _grants(evidence: AccessEvidence, kind: PolicyKind) -> tuple[tuple[Grant, ...], str]:
    if kind is not PolicyKind.KEY:
        return (), ""
    if isinstance(evidence.grants, Known):
        return evidence.grants.value, ""
    return (), told("the key's grants", evidence.grants)


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
    return f"{what} could not be read: {getattr(found, 'why', '')}"


def with_identity_policy(answer: Answer, policy: NamedPolicy) -> Evaluation | None:
    """What the answer would be with one more identity policy: a remedy is tried here before it is told."""
    if answer.request is None:
        return None
    return evaluate(replace(answer.request, identity_policies=(*answer.request.identity_policies, policy)))
