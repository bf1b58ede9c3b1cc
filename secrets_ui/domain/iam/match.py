"""One statement against one request: which of its parts match, and whether it applies."""

from .conditions import UnmetCondition
from .context import UNKNOWN
from .policy import Effect, Statement
from .principals import PrincipalMatch
from .request import Asked, Layer
from .results import StatementResult
from .truth import Truth

# Looked up once: a member of an enumeration is found by a call, and this is the innermost loop.
_DENY, _NOBODY, _UNKNOWN_WHOM = Effect.DENY, PrincipalMatch.NOBODY, PrincipalMatch.UNKNOWN


def match_statement(
    layer: Layer, policy: str, statement: Statement, asked: Asked
) -> StatementResult:
    """Every part is looked at, also after one that does not match: a reader wants to see them all."""
    principal = None
    if statement.principals:
        is_deny = statement.effect is _DENY
        principal = statement.principals.match(asked.caller, asked.has_boundary, is_deny)
    action = statement.actions.matches(asked.action)
    resource = statement.resources.matches(asked.resource, asked.context)
    unmet: tuple[UnmetCondition, ...] = ()
    condition: Truth = True
    if statement.conditions:
        unmet = _unmet_conditions(statement, asked)
        condition = _all_hold(unmet)
    matches: Truth = True
    if not action or resource is False or condition is False or principal is _NOBODY:
        matches = False
    elif resource is None or condition is None or principal is _UNKNOWN_WHOM:
        matches = None
    return StatementResult(
        layer, policy, statement, matches, principal, action, resource, condition, unmet
    )


def _unmet_conditions(statement: Statement, asked: Asked) -> tuple[UnmetCondition, ...]:
    context, unmet = asked.context, []
    for condition in statement.conditions:
        actual = context.lookup(condition.lookup)
        outcome = None if actual is UNKNOWN else condition.decide(actual, context)
        if not outcome:
            unmet.append(
                UnmetCondition(condition.operator, condition.key, condition.wanted, actual, outcome)
            )
    return tuple(unmet)


def _all_hold(unmet: tuple[UnmetCondition, ...]) -> Truth:
    if not unmet:
        return True
    return None if all(condition.outcome is None for condition in unmet) else False
