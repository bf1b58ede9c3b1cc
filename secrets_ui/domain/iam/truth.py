"""Three-valued logic (Kleene's): True, False, and None for "cannot be known here"."""

from collections.abc import Iterable
from typing import Literal

Truth = Literal[True, False, None]


def negate(value: Truth) -> Truth:
    return None if value is None else not value


def any_of(values: Iterable[Truth]) -> Truth:
    """True as soon as one is true; None when none is true and one is not known; else False."""
    outcome: Truth = False
    for value in values:
        if value:
            return True
        if value is None:
            outcome = None
    return outcome


def all_of(values: Iterable[Truth]) -> Truth:
    """False as soon as one is false; None when none is false and one is not known; else True."""
    outcome: Truth = True
    for value in values:
        if value is None:
            outcome = None
        elif not value:
            return False
    return outcome
