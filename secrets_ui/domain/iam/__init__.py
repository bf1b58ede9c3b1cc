"""IAM policy evaluation: may this caller do this to that, and which statement decides? No I/O.

`parse_policy` once, keep the NamedPolicy, then `evaluate(Request(...))` as often as needed.
"""

from .conditions import UnmetCondition
from .context import UNKNOWN, Context
from .errors import MalformedPolicy, MalformedRequest
from .evaluator import evaluate
from .grants import Grant
from .parse import parse_policy
from .policy import Effect, NamedPolicy, PolicyKind, Statement
from .principals import PrincipalMatch
from .request import Layer, Request, kind_of_resource_policy
from .results import Decision, Evaluation, GrantResult, LayerDecision, StatementResult

__all__ = [
    "UNKNOWN",
    "Context",
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
    "PrincipalMatch",
    "Request",
    "Statement",
    "StatementResult",
    "UnmetCondition",
    "evaluate",
    "kind_of_resource_policy",
    "parse_policy",
]
