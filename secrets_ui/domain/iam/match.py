"""Match one statement against one request: which parts match, and does the statement apply?"""

from .conditions import UnmetCondition
from .context import UNKNOWN
from .policy import Effect, Statement
from .principals import PrincipalMatch
from .request import Layer, PreparedRequest
from .results import StatementResult
from .truth import Truth

# Bound once: attribute access on an enumeration is slow, and this is the innermost loop.
_DENY, _NOBODY, _UNKNOWN_WHOM = Effect.DENY, PrincipalMatch.NOBODY, PrincipalMatch.UNKNOWN


def match_statement(
    layer: Layer, policy: str, statement: Statement, prepared: PreparedRequest
) -> StatementResult:
    """Match every part, even after one has failed, so that the result can show them all."""
    principal = None
    if statement.principals:
        is_deny = statement.effect is _DENY
        principal = statement.principals.match(prepared.caller, prepared.has_boundary, is_deny)
    action = statement.actions.matches(prepared.action)
    resource = statement.resources.matches(prepared.resource, prepared.context)
    unmet: tuple[UnmetCondition, ...] = ()
    absent: tuple[str, ...] = ()
    condition: Truth = True
    if statement.conditions:
        unmet, absent = _unmet_conditions(statement, prepared)
        condition = _all_hold(unmet)
    matches: Truth = True
    if not action or resource is False or condition is False or principal is _NOBODY:
        matches = False
    elif resource is None or condition is None or principal is _UNKNOWN_WHOM:
        matches = None
    return StatementResult(
        layer, policy, statement, matches, principal, action, resource, condition, unmet, absent
    )


def _unmet_conditions(
    statement: Statement, prepared: PreparedRequest
) -> tuple[tuple[UnmetCondition, ...], tuple[str, ...]]:
    """Return the conditions that do not certainly hold, and the keys whose absence makes one."""
    context, unmet, absent = prepared.context, [], []
    for condition in statement.conditions:
        actual = context.lookup(condition.lookup)
        outcome = None if actual is UNKNOWN else condition.decide(actual, context)
        if not outcome:
            unmet.append(condition.unmet(actual, outcome, context))
        elif actual is None:
            absent.append(condition.key)
    return tuple(unmet), tuple(absent)


def _all_hold(unmet: tuple[UnmetCondition, ...]) -> Truth:
    if not unmet:
        return True
    return None if all(condition.outcome is None for condition in unmet) else False
