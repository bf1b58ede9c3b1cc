"""What the stages of a pass share: who asks, and how a stage extends the one before it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ...domain.access.evidence import Evidence, Known
from ...domain.people.actor import Actor
from ..aws_access import learn_all

RUNNER = Actor("run_checks", job="run_checks")
AT_ONCE = 50  # AWS calls between two steps
Step = Callable[[], None]  # called between the parts of the work; raises LockHeld
T = TypeVar("T")


def extend(stage: Callable[..., T], before: object, **own: Any) -> T:
    """A stage's value: everything that the stage before it holds, and its own fields."""
    return stage(**vars(before), **own)


def learn_in_steps(calls: Sequence[Callable[[], Known[T]]], step: Step) -> list[Evidence[T]]:
    """The answers, or errors as evidence, in the order of the calls."""
    answers: list[Evidence[T]] = []
    for start in range(0, len(calls), AT_ONCE):
        step()
        answers += learn_all(calls[start : start + AT_ONCE])
    return answers
