"""The answer, with everything that a reader needs to see why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from .conditions import UnmetCondition
from .grants import Grant
from .policy import Effect, Statement
from .principals import PrincipalMatch
from .request import Layer
from .truth import Truth


class Decision(StrEnum):
    ALLOWED = "Allowed"
    EXPLICITLY_DENIED = "ExplicitlyDenied"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    UNDETERMINED = "Undetermined"


class LayerDecision(StrEnum):
    """What one layer says by itself. Only a resource policy speaks for or against a whole account."""

    ALLOWED = "Allowed"
    ALLOWED_FOR_ACCOUNT = "AllowedForAccount"
    EXPLICITLY_DENIED = "ExplicitlyDenied"
    DENIED_FOR_ACCOUNT = "DeniedForAccount"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    UNDETERMINED = "Undetermined"


class StatementResult(NamedTuple):
    """Which parts of a statement match the request. None stands for what cannot be known."""

    layer: Layer
    policy: str
    statement: Statement
    matches: Truth
    """Whether the statement applies."""
    principal: PrincipalMatch | None
    """How it names the caller; None in a policy that names no principal."""
    action: bool
    resource: Truth
    condition: Truth
    """Whether all its conditions hold."""
    unmet: tuple[UnmetCondition, ...]
    """The conditions that fail, or that cannot be told, with operator, key, wanted and actual values."""

    @property
    def sid(self) -> str | None:
        return self.statement.sid

    @property
    def effect(self) -> Effect:
        return self.statement.effect

    @property
    def place(self) -> str:
        """Where the statement stands, as a phrase."""
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
        return tuple(f"{self.place}: {reason}" for reason in reasons)


@dataclass(frozen=True, slots=True)
class GrantResult:
    grant: Grant
    index: int
    """Its place in the list of grants, from 0."""
    matches: Truth


@dataclass(frozen=True, slots=True)
class Evaluation:
    decision: Decision
    layers: Mapping[Layer, LayerDecision]
    """The decision of each layer that is there; the identity layer always is."""
    statements: tuple[StatementResult, ...]
    """Every statement of every policy."""
    grants: tuple[GrantResult, ...]
    missing: tuple[str, ...]
    """For an Undetermined decision: what would have to be known, one sentence each."""

    @property
    def is_allowed(self) -> bool:
        return self.decision is Decision.ALLOWED

    @property
    def deciding(self) -> tuple[StatementResult, ...]:
        """All applying Deny statements, or all applying Allow statements; none for the other decisions."""
        effect = {Decision.ALLOWED: Effect.ALLOW, Decision.EXPLICITLY_DENIED: Effect.DENY}.get(
            self.decision
        )
        return tuple(
            result for result in self.statements if result.matches and result.effect is effect
        )

    @property
    def deciding_grants(self) -> tuple[GrantResult, ...]:
        return tuple(result for result in self.grants if result.matches and self.is_allowed)
