"""The answer, with everything that a reader needs to see why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from .conditions import UnmetCondition
from .grants import Grant
from .match import match_action, match_principal, match_resource, match_statement, unmet_conditions
from .policy import Effect, NamedPolicy, Statement
from .principals import PrincipalMatch
from .request import Asked, Layer, Request
from .truth import Truth, all_of


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
    """Whether a statement applies; its parts are looked at when somebody asks. None is "cannot be known"."""

    layer: Layer
    policy: str
    statement: Statement
    asked: Asked
    matches: Truth

    @property
    def sid(self) -> str | None:
        return self.statement.sid

    @property
    def effect(self) -> Effect:
        return self.statement.effect

    @property
    def principal(self) -> PrincipalMatch | None:
        """How it names the caller; None in a policy that names no principal."""
        return match_principal(self.statement, self.asked)

    @property
    def action(self) -> bool:
        return match_action(self.statement, self.asked)

    @property
    def resource(self) -> Truth:
        return match_resource(self.statement, self.asked)

    @property
    def condition(self) -> Truth:
        """Whether all its conditions hold."""
        return all_of(unmet.outcome for unmet in self.unmet)

    @property
    def unmet(self) -> tuple[UnmetCondition, ...]:
        """The conditions that fail, or that cannot be told, with operator, key, wanted and actual values."""
        return unmet_conditions(self.statement, self.asked)

    @property
    def place(self) -> str:
        """Where the statement stands, as a phrase."""
        return f"{self.layer} policy {self.policy}, statement {self.sid or self.statement.index}"

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why `matches` is None, one sentence each."""
        reasons = [unmet.doubt for unmet in self.unmet if unmet.outcome is None]
        if self.resource is None:
            reasons.append("A wildcard or a variable leaves open whether its Resource covers this ARN.")
        if self.principal is PrincipalMatch.UNKNOWN:
            reasons.append("Its NotPrincipal lists only a part of the caller's identity, which might deny.")
        return tuple(f"{self.place}: {reason}" for reason in reasons)


@dataclass(frozen=True, slots=True)
class GrantResult:
    grant: Grant
    index: int
    """Its place in the list of grants, from 0."""
    matches: Truth


@dataclass(frozen=True)
class Evaluation:
    request: Request
    asked: Asked
    decision: Decision
    layers: Mapping[Layer, LayerDecision]
    """The decision of each layer that is there; the identity layer always is."""
    applying: tuple[StatementResult, ...]
    """The statements that apply, Allow and Deny alike, and those of which it cannot be known."""
    grants: tuple[GrantResult, ...]
    missing: tuple[str, ...]
    """For an Undetermined decision: what would have to be known, one sentence each."""

    @property
    def is_allowed(self) -> bool:
        return self.decision is Decision.ALLOWED

    @cached_property
    def statements(self) -> tuple[StatementResult, ...]:
        """Every statement of every policy."""
        return tuple(
            match_in_policy(layer, policy, statement, self.asked)
            for layer, groups in self.request.policies()
            for group in groups
            for policy in group
            for statement in policy.statements
        )

    @property
    def deciding(self) -> tuple[StatementResult, ...]:
        """All applying Deny statements, or all applying Allow statements; none for the other decisions."""
        effect = {Decision.ALLOWED: Effect.ALLOW, Decision.EXPLICITLY_DENIED: Effect.DENY}.get(self.decision)
        return tuple(result for result in self.applying if result.matches and result.effect is effect)

    @property
    def deciding_grants(self) -> tuple[GrantResult, ...]:
        return tuple(result for result in self.grants if result.matches and self.is_allowed)


def match_in_policy(layer: Layer, policy: NamedPolicy, statement: Statement, asked: Asked) -> StatementResult:
    return StatementResult(layer, policy.name, statement, asked, match_statement(statement, asked))
