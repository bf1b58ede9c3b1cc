"""What the stages of a pass share: in whose name they ask, and how one stage's value is made of the one before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ...domain.access.evidence import Evidence, Known, unlearnt
from ...domain.errors import AwsError
from ...domain.people.actor import Actor
from ..aws_access import gather

RUNNER = Actor("run_checks", job="run_checks")
AT_ONCE = 50  # AWS calls between two steps
Step = Callable[[], None]  # called between the parts of the work; raises LockHeld
T = TypeVar("T")


def extend(stage: Callable[..., T], before: object, **own: Any) -> T:
    """A stage's value: everything that the stage before it holds, and its own fields."""
    return stage(**vars(before), **own)


def gather_in_steps(calls: Sequence[Callable[[], T]], step: Step) -> list[T | AwsError]:
    """The answers in the order of the calls."""
    answers: list[T | AwsError] = []
    for start in range(0, len(calls), AT_ONCE):
        step()
        answers += gather(calls[start : start + AT_ONCE])
    return answers


def evidence_of(call: Callable[[], Known[T]]) -> Evidence[T]:
    """The answer, or the error as evidence."""
    try:
        return call()
    except AwsError as error:
        return unlearnt(error)
