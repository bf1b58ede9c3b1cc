"""The condition operators, looked up by name with `find_operator`.

Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from operator import eq, ge, gt, le, lt
from typing import Any

from .text_operators import Family, arn_like, string_equals, string_equals_ignore_case, string_like
from .truth import Truth
from .value_operators import (
    compare_values,
    is_inside,
    read_address,
    read_boolean,
    read_bytes,
    read_date,
    read_number,
    read_range,
)


class Quantifier(StrEnum):
    FOR_ALL_VALUES = "ForAllValues"
    FOR_ANY_VALUE = "ForAnyValue"


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator's name stands for. `compare` is None for Null, which compares nothing."""

    compare: Family | None
    is_negated: bool = False
    quantifier: Quantifier | None = None
    if_exists: bool = False

    @property
    def has_wildcards(self) -> bool:
        """Whether `*` and `?` in a policy's values stand for other signs."""
        return self.compare in (string_like, arn_like)

    @property
    def ignores_case(self) -> bool:
        return self.compare is string_equals_ignore_case

    @property
    def when_missing(self) -> Truth:
        """The outcome for a key that the request does not have.

        None for ForAnyValue:…IfExists: one AWS page says that it is false, another that it is true.
        """
        if self.quantifier is Quantifier.FOR_ALL_VALUES:
            return True
        if self.quantifier is Quantifier.FOR_ANY_VALUE:
            return None if self.if_exists else False
        return self.if_exists or self.is_negated


_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": eq,
    "LessThan": lt,
    "LessThanEquals": le,
    "GreaterThan": gt,
    "GreaterThanEquals": ge,
}

_PLAIN: dict[str, Family] = {
    "StringEquals": string_equals,
    "StringEqualsIgnoreCase": string_equals_ignore_case,
    "StringLike": string_like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": compare_values(read_boolean, read_boolean, _RELATIONS["Equals"]),
    "BinaryEquals": compare_values(read_bytes, read_bytes, _RELATIONS["Equals"]),
    "IpAddress": compare_values(read_address, read_range, is_inside),
    **{
        f"Numeric{name}": compare_values(read_number, read_number, sign)
        for name, sign in _RELATIONS.items()
    },
    **{
        f"Date{name}": compare_values(read_date, read_date, sign)
        for name, sign in _RELATIONS.items()
    },
}
_NEGATED: dict[str, Family] = {
    "StringNotEquals": _PLAIN["StringEquals"],
    "StringNotEqualsIgnoreCase": _PLAIN["StringEqualsIgnoreCase"],
    "StringNotLike": _PLAIN["StringLike"],
    "ArnNotEquals": _PLAIN["ArnEquals"],
    "ArnNotLike": _PLAIN["ArnLike"],
    "NotIpAddress": _PLAIN["IpAddress"],
    "NumericNotEquals": _PLAIN["NumericEquals"],
    "DateNotEquals": _PLAIN["DateEquals"],
}


def _with_if_exists(names: Iterable[str]) -> frozenset[str]:
    return frozenset(form for name in names for form in (name, f"{name}IfExists"))


TEXT_OPERATORS = _with_if_exists(name for name in _PLAIN if name.startswith(("String", "Arn")))
"""Operators that want a text or an ARN to match one of the policy's values."""
NEGATED_TEXT_OPERATORS = _with_if_exists(
    name for name in _NEGATED if name.startswith(("String", "Arn"))
)
"""Operators that want a text or an ARN to match none of the policy's values."""
BOOLEAN_OPERATORS = _with_if_exists(["Bool"])

_QUANTIFIERS = {f"{quantifier}:": quantifier for quantifier in Quantifier}


def find_operator(name: str) -> Operator | None:
    """Return the operator of this name, or None when AWS's reference has no such operator."""
    if name == "Null":
        return Operator(compare=None)
    prefix = next((prefix for prefix in _QUANTIFIERS if name.startswith(prefix)), "")
    base = name.removeprefix(prefix).removesuffix("IfExists")
    compare = _PLAIN.get(base) or _NEGATED.get(base)
    if compare is None:
        return None
    return Operator(compare, base in _NEGATED, _QUANTIFIERS.get(prefix), name.endswith("IfExists"))
