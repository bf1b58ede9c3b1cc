"""The evidence about an access path: who reads, what is read, and what decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..environment import Environment
from ..iam import Grant
from ..secrets.catalog import SecretSpec
from ..secrets.facts import VersionFacts
from ..secrets.secret import Secret, SecretVersion
from .aws_answers import Denied as Denied
from .aws_answers import Evidence as Evidence
from .aws_answers import Known as Known
from .aws_answers import Missing as Missing
from .aws_answers import NotAsked as NotAsked
from .aws_answers import Unlearnt as Unlearnt
from .aws_answers import Unreachable as Unreachable
from .aws_answers import evidence_of_error as evidence_of_error
from .aws_answers import learn as learn
from .aws_answers import not_known as not_known
from .aws_answers import why_unavailable as why_unavailable
from .network import NO_NETWORK, Network, VpcConfig


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

    `vpc` is None for a function that is connected to none. `last_update` is the status of its last
    update, `unreadable` AWS's code where it could not decrypt the variables. Of three variables of
    ours the value is known as well: `mark`, `max_age`, in seconds, and `route`
    (domain/changes/refresh.py).
    """

    arn: str
    role: str
    last_modified: str = ""
    state: str = ""
    variables: tuple[str, ...] = ()
    vpc: VpcConfig | None = None
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
    """`levels` are from the account upwards to the root."""

    levels: Evidence[tuple[ControlPolicies, ...]]

    @property
    def paths(self) -> tuple[str, ...]:
        """Of the account, as aws:PrincipalOrgPaths has it; none where it is not known."""
        levels = self.levels.value if isinstance(self.levels, Known) else ()
        above = [level.target for level in reversed(levels[1:])]
        return ("/".join([self.id, *above, ""]),) if above else ()


_FOR_WHO = NotAsked("who_can_read")


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
    network: Network = NO_NETWORK
    """Of the VPC that the function is connected to."""
    value_was_read: bool = False
    """Whether a value was read, on record, since the key names of this version were not known."""
    calls: int = 0
    seconds: float = 0.0
    organization: Evidence[Organization] = _FOR_WHO

    @property
    def reader(self) -> RoleEvidence:
        """The Lambda's role."""
        return RoleEvidence(self.role, self.attached, self.inline, self.documents, self.boundary)
