"""One entry of a Condition block: an operator, a key and the values wanted of it.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from .comparing_texts import Comparison
from .comparing_values import read_boolean
from .context import UNKNOWN, Context, Found, Values, fold
from .operators import Operator, Quantifier, find_operator
from .truth import Truth, all_of, any_of, negate

Decide = Callable[[Values | None, Context], Truth]
"""From a key's values in the request; None when it does not have the key."""


class UnmetCondition(NamedTuple):
    """A condition that fails, or that cannot be told (`outcome` None)."""

    operator: str
    key: str
    wanted: Values
    """The policy's values, variables not replaced."""
    actual: Found
    """The request's values; None when it does not have the key, UNKNOWN when nobody here can know."""
    outcome: Truth

    @property
    def doubt(self) -> str:
        """Why the outcome is None, as one sentence."""
        if find_operator(self.operator) is None:
            return f"AWS's reference has no condition operator {self.operator}."
        if self.actual is UNKNOWN:
            return f"The value of {self.key} is not known here."
        return f"AWS does not say what {self.operator} makes of these values of {self.key}, or one is not known."


@dataclass(frozen=True, slots=True)
class Condition:
    operator: str
    key: str
    wanted: Values
    lookup: str
    """The key's folded name."""
    decide: Decide
    """Whether it holds; None when that hangs on something that cannot be known."""


def build_condition(
    operator: str, key: str, wanted: Values, *, variables: bool, is_deny: bool
) -> Condition:
    """Compile a condition. An operator that AWS does not have never holds; under a Deny it cannot be told."""
    known, lookup = find_operator(operator), fold(key)
    if known is None:
        return Condition(operator, key, wanted, lookup, _constant(None if is_deny else False))
    return Condition(operator, key, wanted, lookup, _decider(known, lookup, wanted, variables))


def _constant(outcome: Truth) -> Decide:
    return lambda actual, context: outcome


def _decider(operator: Operator, lookup: str, wanted: Values, variables: bool) -> Decide:
    if operator.compare is None:
        return _null(lookup, wanted)
    matches = operator.compare(wanted, variables, operator.is_negated)
    # Negated operators ask that no value of the policy matches.
    test = (
        (lambda value, context: negate(matches(value, context))) if operator.is_negated else matches
    )
    if operator.quantifier is None:
        return _single(test, operator.when_missing)
    combine = all_of if operator.quantifier is Quantifier.FOR_ALL_VALUES else any_of
    return _quantified(test, combine, operator.when_missing)


def _single(test: Comparison, missing: Truth) -> Decide:
    """Without a set operator. What that makes of several values is not documented: only unanimity counts."""

    def decide(actual: Values | None, context: Context) -> Truth:
        if actual is None:
            return missing
        if len(actual) == 1:
            return test(actual[0], context)
        outcomes = {test(value, context) for value in actual}
        return outcomes.pop() if len(outcomes) == 1 else None

    return decide


def _quantified(
    test: Comparison, combine: Callable[[Iterable[Truth]], Truth], missing: Truth
) -> Decide:
    """With a set operator; "an empty data set (for example, an empty string)" counts as a missing key."""

    def decide(actual: Values | None, context: Context) -> Truth:
        if actual is None or not any(actual):
            return missing
        return combine(test(value, context) for value in actual)

    return decide


def _null(lookup: str, wanted: Values) -> Decide:
    """`true`: the key is not there; `false`: it is there and its value is not null."""
    answers = [read_boolean(value) for value in wanted]
    missing, present = any_of(answers), any_of(map(negate, answers))

    def decide(actual: Values | None, context: Context) -> Truth:
        if actual is None or (lookup in context.multivalued and not any(actual)):
            return missing
        if any(actual) or missing is present:
            return present
        return None  # whether a text of no characters is null is not documented

    return decide
