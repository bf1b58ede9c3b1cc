"""What was learnt of AWS, each answer kept with how it was had: Known, Missing, Denied or Unreachable. Never None."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from ..environment import Environment
from ..errors import AwsAccessDenied, AwsCall, AwsError, SecretNotFound, ThingNotFound
from ..iam import Grant
from ..secrets.catalog import SecretSpec
from ..secrets.facts import VersionFacts
from ..secrets.secret import Secret, SecretVersion

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Known(Generic[T_co]):
    """What AWS answered, and the call that it answered."""

    value: T_co
    call: AwsCall


@dataclass(frozen=True)
class Missing:
    """AWS says that there is no such thing."""

    call: AwsCall


@dataclass(frozen=True)
class Denied:
    """This console may not look. `permission` is the IAM action that its role lacks."""

    call: AwsCall
    permission: str


@dataclass(frozen=True)
class Unreachable:
    """No answer that could be read: a time-out, throttling, or a service that is not there."""

    call: AwsCall
    why: str


@dataclass(frozen=True)
class NotAsked:
    """The question hung on another answer that was not had; `because` names it."""

    because: str
    call: AwsCall = field(default_factory=lambda: AwsCall(""))


Unlearnt = Missing | Denied | Unreachable | NotAsked
Evidence = Known[T] | Missing | Denied | Unreachable | NotAsked


def unlearnt(error: AwsError) -> Missing | Denied | Unreachable:
    """An error as evidence."""
    if isinstance(error, SecretNotFound | ThingNotFound):
        return Missing(error.call)
    if isinstance(error, AwsAccessDenied):
        return Denied(error.call, error.permission)
    return Unreachable(error.call, error.message)


def learn(ask: Callable[[], Known[T]]) -> Evidence[T]:
    """Asks AWS; an AwsError comes out as evidence. `ask` is a gateway's method or a future's result."""
    try:
        return ask()
    except AwsError as error:
        return unlearnt(error)


def told_why(evidence: Evidence[object] | None) -> str:
    """Why an answer is not there, without a full stop; "" when it is."""
    match evidence:
        case Known():
            return ""
        case Denied():
            return f"the console's role lacks {evidence.permission}"
        case Unreachable():
            return evidence.why.rstrip(".")
        case Missing():
            return "AWS has no such thing"
        case NotAsked():
            return f"it hangs on {evidence.because}, which is not known"
    return "AWS was not asked"


@dataclass(frozen=True)
class CallerIdentity:
    account: str
    arn: str


@dataclass(frozen=True)
class Role:
    """`trust` is the JSON text of its trust policy; `boundary` the ARN of its permissions boundary, or ""."""

    arn: str
    role_id: str
    trust: str
    boundary: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class Document:
    """A policy's text, by the name under which it is attached. `arn` is "" for an inline policy."""

    name: str
    text: str
    arn: str = ""


@dataclass(frozen=True)
class Key:
    """A KMS key as DescribeKey tells it. `manager` is AWS or CUSTOMER."""

    arn: str
    state: str
    manager: str = "CUSTOMER"
    deletion: datetime | None = None

    @property
    def key_id(self) -> str:
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class FunctionConfiguration:
    """`variables` are the names of its environment variables, never their values."""

    arn: str
    role: str
    last_modified: str = ""
    state: str = ""
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Simulated:
    """SimulatePrincipalPolicy's answer for one action: the identity side alone."""

    action: str
    decision: str  # allowed, explicitDeny, implicitDeny
    missing: tuple[str, ...] = ()
    allowed_by_organizations: bool | None = None


@dataclass(frozen=True)
class Denial:
    """One refused call that CloudTrail recorded. `secret` is the name or ARN that it asked for."""

    at: datetime | None
    event: str
    principal: str
    message: str
    secret: str = ""


@dataclass(frozen=True)
class RoleEvidence:
    """A role with all that its identity decides. Documents are by the ARN of an attached policy or the name of an inline one."""

    role: Evidence[Role]
    attached: Evidence[tuple[str, ...]]
    inline: Evidence[tuple[str, ...]]
    documents: Mapping[str, Evidence[Document]]
    boundary: Evidence[Document] | None  # None: the role has none


@dataclass(
    frozen=True, eq=False
)  # compared and hashed by identity, so that what follows from it can be kept
class AccessEvidence:
    """Everything that was asked about one role, one secret and its key, and when. Documents are by policy, in the order of AWS.

    `key` is the key that encrypted the current version; without such a version the secret's own; without a secret what the
    alias points at. `spec` is what the catalogue expects of the secret. Roles: the Lambda's, except for `console`.
    """

    environment: Environment
    secret_name: str
    spec: SecretSpec
    read_at: datetime
    caller: Evidence[CallerIdentity]
    function: Evidence[FunctionConfiguration]
    role: Evidence[Role]
    attached: Evidence[tuple[str, ...]]  # ARNs of attached policies
    inline: Evidence[tuple[str, ...]]  # names of inline policies
    documents: Mapping[str, Evidence[Document]]  # attached ones by ARN, inline ones by name
    unattached: Mapping[
        str, Evidence[Document]
    ]  # policies that the role should have and has not, by ARN
    boundary: Evidence[Document] | None  # None: the role has none
    secret: Evidence[Secret]
    resource_policy: Evidence[str]  # JSON text, "" for a secret without a policy
    versions: Evidence[tuple[SecretVersion, ...]]
    facts: Evidence[VersionFacts]  # of the current version
    alias: Evidence[Key]  # what the alias points at
    key: Evidence[Key]
    key_policy: Evidence[str]
    grants: Evidence[tuple[Grant, ...]]
    rotation: Evidence[bool]
    simulated: Evidence[tuple[Simulated, ...]]
    denials: Evidence[tuple[Denial, ...]]
    console: RoleEvidence
    looked: bool = (
        False  # a value was read, on record, because nobody had looked at this version yet
    )
    calls: int = 0
    seconds: float = 0.0

    @property
    def reader(self) -> RoleEvidence:
        """The Lambda's role."""
        return RoleEvidence(self.role, self.attached, self.inline, self.documents, self.boundary)
