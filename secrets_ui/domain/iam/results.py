"""The results of an evaluation, in enough detail to explain the decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from .conditions import UnmetCondition
from .grants import Grant
from .policy import Effect, Statement
from .principals import PrincipalMatch
from .request import Layer, Request
from .truth import Truth


class Decision(StrEnum):
    ALLOWED = "Allowed"
    EXPLICITLY_DENIED = "ExplicitlyDenied"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    UNDETERMINED = "Undetermined"


class LayerDecision(StrEnum):
    """The decision of one layer alone. Only resource policies decide for a whole account."""

    ALLOWED = "Allowed"
    ALLOWED_FOR_ACCOUNT = "AllowedForAccount"
    EXPLICITLY_DENIED = "ExplicitlyDenied"
    DENIED_FOR_ACCOUNT = "DeniedForAccount"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    UNDETERMINED = "Undetermined"


class StatementResult(NamedTuple):
    """Which parts of a statement match the request. None means unknown."""

    layer: Layer
    policy: str
    statement: Statement
    matches: Truth
    """Whether the statement applies."""
    principal: PrincipalMatch | None
    """How it names the caller; None in a policy without principals."""
    action: bool
    resource: Truth
    condition: Truth
    """Whether all its conditions hold."""
    unmet: tuple[UnmetCondition, ...]
    """The conditions that fail or whose outcome is unknown."""
    absent: tuple[str, ...] = ()
    """Keys that the request lacks and whose conditions hold for that very reason."""

    @property
    def sid(self) -> str | None:
        return self.statement.sid

    @property
    def effect(self) -> Effect:
        return self.statement.effect

    @property
    def location(self) -> str:
        """The statement's layer, policy and Sid or index, as a phrase."""
        return f"{self.layer} policy {self.policy}, statement {self.sid or self.statement.index}"

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why `matches` is None, one sentence each."""
        reasons = [unmet.doubt for unmet in self.unmet if unmet.outcome is None]
        if self.resource is None:
            reasons.append(
                "A wildcard or a variable leaves open whether its Resource covers this ARN."
            )
        if self.principal is PrincipalMatch.UNKNOWN:
            reasons.append(
                "Its NotPrincipal lists only a part of the caller's identity, which might deny."
            )
        return tuple(f"{self.location}: {reason}" for reason in reasons)


@dataclass(frozen=True, slots=True)
class GrantResult:
    grant: Grant
    index: int
    """Its position in the list of grants, from 0."""
    matches: Truth


@dataclass(frozen=True, slots=True)
class Evaluation:
    decision: Decision
    layers: Mapping[Layer, LayerDecision]
    """The decision of each layer present; the identity layer always is."""
    statements: tuple[StatementResult, ...]
    """Every statement of every policy."""
    grants: tuple[GrantResult, ...]
    missing: tuple[str, ...]
    """For an Undetermined decision: what is unknown, one sentence each."""
    request: Request = field(compare=False, repr=False)

    @property
    def is_allowed(self) -> bool:
        return self.decision is Decision.ALLOWED

    @property
    def deciding(self) -> tuple[StatementResult, ...]:
        """The statements that decide: all applying Deny, or all applying Allow statements.

        Empty for implicit denials and undetermined decisions.
        """
        effect = {Decision.ALLOWED: Effect.ALLOW, Decision.EXPLICITLY_DENIED: Effect.DENY}.get(
            self.decision
        )
        return tuple(
            result for result in self.statements if result.matches and result.effect is effect
        )

    @property
    def deciding_grants(self) -> tuple[GrantResult, ...]:
        return tuple(result for result in self.grants if result.matches and self.is_allowed)
