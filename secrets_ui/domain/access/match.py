"""One statement against one request: whether it applies, and which of its parts match."""

from .conditions import UnmetCondition
from .policy import Effect, Statement
from .principals import PrincipalMatch
from .request import Asked
from .truth import Truth


def match_statement(statement: Statement, asked: Asked) -> Truth:
    """Whether the statement applies, decided at the first part that does not match."""
    actions, resources = statement.actions, statement.resources
    if actions.names.matches(asked.action) is actions.is_negated:
        return False
    principal = match_principal(statement, asked) if statement.principals else None
    if principal is PrincipalMatch.NOBODY:
        return False
    resource = resources.matches(asked.resource, asked.context)
    if resource is False:
        return False
    is_certain = resource is not None and principal is not PrincipalMatch.UNKNOWN
    for condition in statement.conditions:
        outcome = condition.outcome(asked.context)
        if outcome is False:
            return False
        is_certain = is_certain and outcome is not None
    return True if is_certain else None


def match_action(statement: Statement, asked: Asked) -> bool:
    return statement.actions.matches(asked.action)


def match_resource(statement: Statement, asked: Asked) -> Truth:
    return statement.resources.matches(asked.resource, asked.context)


def match_principal(statement: Statement, asked: Asked) -> PrincipalMatch | None:
    """None for a statement of a policy that names no principal."""
    if not statement.principals:
        return None
    return statement.principals.match(asked.caller, asked.has_boundary, statement.effect is Effect.DENY)


def unmet_conditions(statement: Statement, asked: Asked) -> tuple[UnmetCondition, ...]:
    """Every condition that fails or cannot be told, whatever the other parts of the statement do."""
    outcomes = ((condition, condition.outcome(asked.context)) for condition in statement.conditions)
    return tuple(condition.unmet(asked.context, outcome) for condition, outcome in outcomes if not outcome)
