"""One entry of a Condition block: an operator, a key and the values it wants.

Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .context import UNKNOWN, Context, ContextValue, Present, Values, fold
from .operators import Operator, Quantifier, find_operator
from .text_operators import Comparison
from .truth import Truth, all_of, any_of, negate
from .value_operators import read_boolean
from .variables import has_variable, resolve_variables

Decide = Callable[[Values | Present | None, Context], Truth]
"""Takes a key's values in the request, or None when the request does not have the key."""


class UnmetCondition(NamedTuple):
    """A condition that fails, or whose outcome is unknown (None)."""

    operator: str
    key: str
    wanted: Values
    """The policy's values, variables not replaced."""
    actual: ContextValue
    """The request's values: None without the key, UNKNOWN or Present when not known."""
    outcome: Truth
    variables: Mapping[str, ContextValue]
    """The values of the policy variables in `wanted`, by variable as written."""

    @property
    def doubt(self) -> str:
        """Why the outcome is None, as one sentence."""
        if find_operator(self.operator) is None:
            return f"AWS's reference has no condition operator {self.operator}."
        if self.actual is UNKNOWN or isinstance(self.actual, Present):
            return f"The value of {self.key} is not known here."
        return (
            f"AWS does not say what {self.operator} makes of these values of {self.key}, "
            "or one is not known."
        )


@dataclass(frozen=True, slots=True)
class Condition:
    operator: str
    key: str
    wanted: Values
    lookup: str
    """The key's folded name."""
    decide: Decide
    """Whether the condition holds; None when that depends on something unknown."""
    has_variables: bool
    """Whether `${…}` in its values stands for a condition key. In old policies it is plain text."""

    def unmet(self, actual: ContextValue, outcome: Truth, context: Context) -> UnmetCondition:
        """Describe that the condition fails, or may fail."""
        variables: dict[str, ContextValue] = {}
        if self.has_variables:
            for value in self.wanted:
                variables |= resolve_variables(value, context)
        return UnmetCondition(self.operator, self.key, self.wanted, actual, outcome, variables)


def build_condition(
    operator: str, key: str, wanted: Values, *, variables: bool, is_deny: bool
) -> Condition:
    """Compile a condition. An unknown operator never holds; in a Deny its outcome is unknown."""
    known, lookup = find_operator(operator), fold(key)
    unknown_operator = _constant(None if is_deny else False)
    decide = _decider(known, lookup, wanted, variables) if known else unknown_operator
    has_variables = variables and any(map(has_variable, wanted))
    return Condition(operator, key, wanted, lookup, decide, has_variables)


def _constant(outcome: Truth) -> Decide:
    return lambda actual, context: outcome


def _decider(operator: Operator, lookup: str, wanted: Values, variables: bool) -> Decide:
    if operator.compare is None:
        return _decide_null(lookup, wanted)
    matches = operator.compare(wanted, variables, operator.is_negated)
    test = _negated(matches) if operator.is_negated else matches
    if operator.quantifier is None:
        return _unquantified(test, operator.when_missing)
    combine = all_of if operator.quantifier is Quantifier.FOR_ALL_VALUES else any_of
    return _quantified(test, combine, operator.when_missing)


def _negated(matches: Comparison) -> Comparison:
    """A negated operator holds when no value of the policy matches."""
    return lambda value, context: negate(matches(value, context))


def _unquantified(test: Comparison, missing: Truth) -> Decide:
    """Without a set operator.

    AWS does not document the outcome for several values: it is known only when all agree.
    """

    def decide(actual: Values | Present | None, context: Context) -> Truth:
        if actual is None:
            return missing
        if isinstance(actual, Present):
            return None
        if len(actual) == 1:
            return test(actual[0], context)
        outcomes = {test(value, context) for value in actual}
        return outcomes.pop() if len(outcomes) == 1 else None

    return decide


def _quantified(
    test: Comparison, combine: Callable[[Iterable[Truth]], Truth], missing: Truth
) -> Decide:
    """With a set operator.

    "An empty data set (for example, an empty string)" counts as a missing key.
    """

    def decide(actual: Values | Present | None, context: Context) -> Truth:
        if isinstance(actual, Present):
            # One of the values that are not known may decide otherwise, unless one that is decides.
            return combine([*(test(value, context) for value in actual.values), None])
        if actual is None or not any(actual):
            return missing
        return combine(test(value, context) for value in actual)

    return decide


def _decide_null(lookup: str, wanted: Values) -> Decide:
    """Null: `true` asks that the key is absent, `false` that it has a value that is not null."""
    answers = [read_boolean(value) for value in wanted]
    missing, present = any_of(answers), any_of(map(negate, answers))

    def decide(actual: Values | Present | None, context: Context) -> Truth:
        if isinstance(actual, Present):
            return present
        if actual is None or (lookup in context.multivalued and not any(actual)):
            return missing
        if any(actual) or missing is present:
            return present
        # AWS does not document whether an empty text is null.
        return None

    return decide
