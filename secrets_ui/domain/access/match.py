"""One statement against one request: which of its parts match."""

from collections.abc import Iterable

from .conditions import Condition, UnmetCondition
from .context import Context
from .policy import Effect, NamedPolicy, PolicyKind, Statement
from .principals import PrincipalMatch
from .request import Asked, Layer
from .results import StatementResult
from .truth import Truth


def match_policies(layer: Layer, policies: Iterable[NamedPolicy], asked: Asked) -> tuple[StatementResult, ...]:
    return tuple(
        match_statement(layer, policy, statement, asked) for policy in policies for statement in policy.statements
    )


def match_statement(layer: Layer, policy: NamedPolicy, statement: Statement, asked: Asked) -> StatementResult:
    """Every part is looked at, also when an earlier one does not match: the reader wants to see them all."""
    named = None
    if statement.principals:
        is_deny = statement.effect is Effect.DENY
        named = statement.principals.match(asked.caller, asked.has_boundary, is_deny)
    actions, resources = statement.actions, statement.resources
    action = actions is not None and actions.matches(asked.action)
    if resources is None:  # a trust policy is about its role; a key policy's statement has no effect
        resource: Truth = policy.kind is PolicyKind.TRUST
    else:
        resource = resources.matches(asked.resource, asked.context)
    unmet = _unmet(statement.conditions, asked.context) if statement.conditions else ()
    condition: Truth = _condition(unmet) if unmet else True
    matches = _all_match(named, action, resource, condition)
    return StatementResult(layer, policy.name, statement, matches, named, action, resource, condition, unmet)


def _unmet(conditions: Iterable[Condition], context: Context) -> tuple[UnmetCondition, ...]:
    return tuple(
        UnmetCondition(condition.operator, condition.key, condition.wanted, context.lookup(condition.lookup), outcome)
        for condition in conditions
        if not (outcome := condition.outcome(context))
    )


def _condition(unmet: tuple[UnmetCondition, ...]) -> Truth:
    return False if any(condition.outcome is False for condition in unmet) else None


def _all_match(named: PrincipalMatch | None, action: bool, resource: Truth, condition: Truth) -> Truth:
    if not action or resource is False or condition is False or named is PrincipalMatch.NOBODY:
        return False
    return None if resource is None or condition is None or named is PrincipalMatch.UNKNOWN else True
