"""IAM policy evaluation without I/O: is a request allowed, and which statements decide?

Parse a policy once with `parse_policy`, keep the NamedPolicy, and call `evaluate(Request(...))` as
often as needed.
"""

from .conditions import Condition, UnmetCondition
from .context import UNKNOWN, Context, ContextValue, Present
from .errors import MalformedPolicy, MalformedRequest
from .evaluator import evaluate
from .grants import Grant
from .operators import BOOLEAN_OPERATORS, NEGATED_TEXT_OPERATORS, TEXT_OPERATORS, find_operator
from .parse import parse_policy
from .policy import ActionElement, Effect, NamedPolicy, PolicyKind, Statement
from .principals import PrincipalElement, PrincipalMatch, is_caller
from .reader import as_list
from .request import Layer, Request, kind_of_resource_policy
from .results import Decision, Evaluation, GrantResult, LayerDecision, StatementResult
from .variables import resolve_variables

__all__ = [
    "BOOLEAN_OPERATORS",
    "NEGATED_TEXT_OPERATORS",
    "TEXT_OPERATORS",
    "UNKNOWN",
    "ActionElement",
    "Condition",
    "Context",
    "ContextValue",
    "Decision",
    "Effect",
    "Evaluation",
    "Grant",
    "GrantResult",
    "Layer",
    "LayerDecision",
    "MalformedPolicy",
    "MalformedRequest",
    "NamedPolicy",
    "PolicyKind",
    "Present",
    "PrincipalElement",
    "PrincipalMatch",
    "Request",
    "Statement",
    "StatementResult",
    "UnmetCondition",
    "as_list",
    "evaluate",
    "find_operator",
    "is_caller",
    "kind_of_resource_policy",
    "parse_policy",
    "resolve_variables",
]
