"""What a condition asks for and what the request has, in words."""

from ...domain.iam import (
    BOOLEAN_OPERATORS,
    TEXT_OPERATORS,
    UNKNOWN,
    ContextValue,
    Present,
    UnmetCondition,
)

_TAGGED = {
    "aws:principaltag/": "the role",
    "aws:resourcetag/": "the resource",
    "secretsmanager:resourcetag/": "the secret",
}
"""Who has the tag that a condition key is about."""
_EQUALITY = TEXT_OPERATORS | BOOLEAN_OPERATORS


def condition_text(unmet: UnmetCondition) -> str:
    wanted = " or ".join(unmet.wanted)
    must = (
        f"must be {wanted}"
        if unmet.operator in _EQUALITY
        else (f"must satisfy {unmet.operator} {wanted}")
    )
    if unmet.variables:
        must += f" ({', '.join(variable_text(*item) for item in unmet.variables.items())})"
    if unmet.actual is UNKNOWN or isinstance(unmet.actual, Present):
        return f"{unmet.key} {must}; its value is not known here"
    if unmet.actual is None:
        return f"{unmet.key} {must}; {lacks(unmet.key)}"
    return f"{unmet.key} {must}; here it is {' and '.join(unmet.actual)}"


def variable_text(written: str, value: ContextValue) -> str:
    """Say what a policy variable stands for in this request."""
    if isinstance(value, tuple):
        return f"{written} is {value[0]}"
    if value is None:
        return f"{written} has no value: {lacks(written[2:-1].partition(',')[0].strip())}"
    return f"the value of {written} is not known here"


def lacks(key: str) -> str:
    """Say that a request has no value for a condition key, and who lacks it."""
    owner = owner_of_tag(key)
    if owner:
        return f"{owner} has no tag {key.partition('/')[2]}"
    return "this request does not have that key"


def owner_of_tag(key: str) -> str:
    return next((who for start, who in _TAGGED.items() if key.casefold().startswith(start)), "")
