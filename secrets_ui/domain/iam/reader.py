"""Reads the values of a policy document and reports the first that AWS's grammar does not allow."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from .errors import MalformedPolicy
from .policy import PolicyKind

MAX_POLICY_CHARACTERS = 262_144
"""AWS's own managed policies are not held to its quotas for customers.

The largest has 152,000 characters (AWSSupportServiceRolePolicy).
"""
MAX_VALUE_CHARACTERS = 4_096
MAX_NUMBER_BITS = 256


@dataclass(slots=True)
class PolicyReader:
    """The parser's position in a policy, and how many characters it has read."""

    policy: str
    kind: PolicyKind
    has_variables: bool = False
    statement: str | int | None = None
    characters: int = 0

    def refuse(self, element: str, reason: str) -> NoReturn:
        raise MalformedPolicy(self.policy, self.statement, element, reason)

    def mapping(self, element: str, value: object) -> Mapping[str, object]:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            self.refuse(element, "expected an object")
        return value

    def text(self, element: str, value: object) -> str:
        if not isinstance(value, str):
            self.refuse(element, "expected text")
        self.characters += len(value)
        if len(value) > MAX_VALUE_CHARACTERS or self.characters > MAX_POLICY_CHARACTERS:
            self.refuse(element, "larger than any policy of AWS")
        return value

    def texts(self, element: str, value: object) -> list[str]:
        """Read a text or a list of texts; AWS treats the two alike."""
        texts = [self.text(element, item) for item in as_list(value)]
        if not texts:
            self.refuse(element, "expected at least one value")
        return texts

    def scalar(self, element: str, value: object) -> str:
        """Read a condition's value, which may be a number or a Boolean, as text."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int) and value.bit_length() > MAX_NUMBER_BITS:
            self.refuse(element, "this number is too large")
        if isinstance(value, float) and not math.isfinite(value):
            self.refuse(element, "not a number that JSON has")
        return self.text(element, str(value) if isinstance(value, int | float) else value)


def as_list(value: Any) -> list[Any]:
    """Return a list unchanged, anything else as the only item; AWS treats the two alike."""
    return value if isinstance(value, list) else [value]
