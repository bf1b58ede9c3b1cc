"""What AWS answered: each answer is Known, Missing, Denied, Unreachable or NotAsked, never None."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
    """This console may not ask. `permission` is the IAM action that its role lacks."""

    call: AwsCall
    permission: str


@dataclass(frozen=True)
class Unreachable:
    """There was no usable answer: a time-out, throttling or an unavailable service."""

    call: AwsCall
    why: str


@dataclass(frozen=True)
class NotAsked:
    """The question depended on other evidence that is missing; `because` names it."""

    because: str
    call: AwsCall = field(default_factory=lambda: AwsCall(""))


Unlearnt = Missing | Denied | Unreachable | NotAsked
Evidence = Known[T] | Missing | Denied | Unreachable | NotAsked


def evidence_of_error(error: AwsError) -> Missing | Denied | Unreachable:
    """Turn an error into evidence."""
    if isinstance(error, SecretNotFound | ThingNotFound):
        return Missing(error.call)
    if isinstance(error, AwsAccessDenied):
        return Denied(error.call, error.permission)
    return Unreachable(error.call, error.message)


def learn(ask: Callable[[], Known[T]]) -> Evidence[T]:
    """Call a gateway's method or a future's result, and turn an AwsError into evidence."""
    try:
        return ask()
    except AwsError as error:
        return evidence_of_error(error)


def why_unavailable(evidence: Evidence[object] | None) -> str:
    """Return why an answer is missing, without a full stop; "" if it is there."""
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


def not_known(what: str, why: str) -> str:
    """What an answer lacks, in a sentence."""
    return f"Not known: {what}; {why}."


@dataclass(frozen=True)
class CallerIdentity:
    account: str
    arn: str


@dataclass(frozen=True)
class Role:
    """A role. `trust` is its trust policy as JSON, `boundary` the ARN of its boundary or ""."""

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
    """A policy's text and the name under which it is attached. `arn` is "" for an inline policy."""

    name: str
    text: str
    arn: str = ""


@dataclass(frozen=True)
class Key:
    """A KMS key, as DescribeKey reports it. `manager` is AWS or CUSTOMER."""

    arn: str
    state: str
    manager: str = "CUSTOMER"
    deletion: datetime | None = None

    @property
    def key_id(self) -> str:
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class FunctionConfiguration:
    """A function. `variables` are names of its environment variables, never values.

    `vpc` is the id of the VPC that it is connected to, "" for none. `last_update` is the status of
    its last update, `unreadable` AWS's code where it could not decrypt the variables. Of three
    variables of ours the value is known as well: `mark`, `max_age`, in seconds, and `route`
    (domain/changes/refresh.py).
    """

    arn: str
    role: str
    last_modified: str = ""
    state: str = ""
    variables: tuple[str, ...] = ()
    vpc: str = ""
    revision: str = ""
    last_update: str = ""
    mark: str = ""
    max_age: int | None = None
    route: str = ""
    unreadable: str = ""

    @property
    def modified(self) -> datetime | None:
        """LastModified, such as 2026-11-25T22:04:05.000+0000; None for another form."""
        try:
            moment = datetime.fromisoformat(self.last_modified)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Simulated:
    """SimulatePrincipalPolicy's result for one action, from identity policies and boundary."""

    action: str
    decision: str
    """allowed, explicitDeny or implicitDeny."""
    missing: tuple[str, ...] = ()
    allowed_by_organizations: bool | None = None


@dataclass(frozen=True)
class Denial:
    """A denied call that CloudTrail recorded. `secret` has the names or ARNs that it asked for."""

    at: datetime | None
    event: str
    principal: str
    message: str
    secret: str = ""


@dataclass(frozen=True)
class RoleEvidence:
    """A role and its policies. `documents` is by ARN if attached, by name if inline."""

    role: Evidence[Role]
    attached: Evidence[tuple[str, ...]]
    inline: Evidence[tuple[str, ...]]
    documents: Mapping[str, Evidence[Document]]
    boundary: Evidence[Document] | None
    """None if the role has no permissions boundary."""


@dataclass(frozen=True)
class Membership:
    """An organization's id, and its management account."""

    id: str
    management: str


@dataclass(frozen=True)
class ControlPolicies:
    """SCPs and RCPs that are attached to a target: the account, a unit above it, or the root."""

    target: str
    service: tuple[Document, ...]
    resource: tuple[Document, ...]


@dataclass(frozen=True)
class Organization(Membership):
    """`levels` are from the account upwards to the root. `calls` were made."""

    levels: Evidence[tuple[ControlPolicies, ...]]
    calls: int = 1

    @property
    def paths(self) -> tuple[str, ...]:
        """Of the account, as aws:PrincipalOrgPaths has it; none where it is not known."""
        levels = self.levels.value if isinstance(self.levels, Known) else ()
        above = [level.target for level in reversed(levels[1:])]
        return ("/".join([self.id, *above, ""]),) if above else ()


# Compared and hashed by identity, so that results derived from it can be cached.
@dataclass(frozen=True, eq=False)
class AccessEvidence:
    """The evidence about one role, one secret and its key, at one time. Documents are in AWS's
    order.

    `key` is the key that encrypted the current version; without such a version the secret's own;
    without a secret the one behind the alias. `spec` is what the catalogue expects of the secret.
    Role evidence is the Lambda's, except for `console`.
    """

    environment: Environment
    secret_name: str
    spec: SecretSpec
    read_at: datetime
    caller: Evidence[CallerIdentity]
    function: Evidence[FunctionConfiguration]
    role: Evidence[Role]
    attached: Evidence[tuple[str, ...]]
    """ARNs of attached policies."""
    inline: Evidence[tuple[str, ...]]
    """Names of inline policies."""
    documents: Mapping[str, Evidence[Document]]
    """Attached policies by ARN, inline ones by name."""
    unattached: Mapping[str, Evidence[Document]]
    """Policies that the role should have but has not, by ARN."""
    boundary: Evidence[Document] | None
    """None if the role has no permissions boundary."""
    secret: Evidence[Secret]
    resource_policy: Evidence[str]
    """JSON, or "" for a secret without a policy."""
    versions: Evidence[tuple[SecretVersion, ...]]
    facts: Evidence[VersionFacts]
    """Of the current version."""
    alias: Evidence[Key]
    """The key behind the environment's alias."""
    key: Evidence[Key]
    key_policy: Evidence[str]
    grants: Evidence[tuple[Grant, ...]]
    rotation: Evidence[bool]
    simulated: Evidence[tuple[Simulated, ...]]
    denials: Evidence[tuple[Denial, ...]]
    console: RoleEvidence
    value_was_read: bool = False
    """Whether a value was read, on record, since the key names of this version were not known."""
    calls: int = 0
    seconds: float = 0.0
    organization: Evidence[Organization] = NotAsked("who_can_read")

    @property
    def reader(self) -> RoleEvidence:
        """The Lambda's role."""
        return RoleEvidence(self.role, self.attached, self.inline, self.documents, self.boundary)
