"""Plans that turn an answer of who-can-read round: each is tried on the evaluator as a whole."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from ...domain.access.evidence import AccessEvidence
from ...domain.access.path import Answer
from ...domain.access.question import Question
from ...domain.access.sides import near_misses
from ...domain.iam import TEXT_OPERATORS, Effect, StatementResult
from .fixes import corrected, lifted
from .giving import deny, give_to_boundary, give_to_identity, give_to_resource
from .policy_changes import Change
from .tags import TagChange, tag_changes
from .taking import RevokedGrant, take_out

AnyChange = Change | TagChange | RevokedGrant
Ask = Callable[[AccessEvidence], Answer]
MOST = 3
"""So many plans are worth reading."""
_MOST_STEPS = 20


@dataclass(frozen=True)
class Plan:
    """Changes in their order. A later one of the same policy holds the earlier one."""

    changes: tuple[AnyChange, ...]
    after: AccessEvidence


def plans(question: Question, evidence: AccessEvidence) -> tuple[Plan, ...]:
    """Changes after which the answer is the opposite, smallest first; none of what is not told."""
    match question.ask(evidence).can:
        case True:
            found = _to_refuse(question, evidence)
        case False if question.named:
            found = _to_allow(question, evidence)
        case _:
            return ()
    different: list[Plan] = []
    for plan in found:
        if all(plan.changes != other.changes for other in different):
            different.append(plan)
    return tuple(sorted(different, key=lambda plan: len(plan.changes))[:MOST])


def _to_allow(question: Question, evidence: AccessEvidence) -> Iterator[Plan]:
    for way in range(len(question.answers(evidence))):
        for first in _SOURCES:
            order = [first, *(source for source in _SOURCES if source is not first)]
            plan = _open_way(question, evidence, way, order)
            if plan and question.ask(plan.after).can:
                yield plan


Source = Callable[[Question, AccessEvidence, Answer], Iterator[AnyChange]]


def _correct(question: Question, evidence: AccessEvidence, answer: Answer) -> Iterator[AnyChange]:
    """What is nearly allowed: the tag that is missing, or the value of a condition."""
    if answer.evaluation and answer.request:
        misses = near_misses(answer.evaluation)
        yield from tag_changes(evidence, answer.request, misses)
        for miss in misses:
            yield from corrected(evidence, answer.request, miss, TEXT_OPERATORS)


_SOURCES: tuple[Source, ...] = (_correct, give_to_identity, give_to_resource)


def _open_way(
    question: Question, evidence: AccessEvidence, way: int, order: list[Source]
) -> Plan | None:
    changes: list[AnyChange] = []
    for hop in range(len(question.answers(evidence)[way])):
        found = _open_hop(question, evidence, partial(question.hop, way=way, hop=hop), order)
        if found is None:
            return None
        changes += found.changes
        evidence = found.after
    return Plan(tuple(changes), evidence)


def _open_hop(
    question: Question, evidence: AccessEvidence, ask: Ask, order: list[Source]
) -> Plan | None:
    """Lift each Deny, then allow what nothing allows."""
    changes: list[AnyChange] = []
    while denies := _denies(ask(evidence)):
        change = _lift(evidence, ask, denies)
        if change is None or len(changes) >= _MOST_STEPS:
            return None
        changes.append(change)
        evidence = change.applied(evidence)
    if ask(evidence).is_allowed:
        return Plan(tuple(changes), evidence)
    for given in _allows(question, evidence, ask, order):
        after = _applied(evidence, given)
        if ask(after).is_allowed:
            return Plan((*changes, *given), after)
    return None


def _denies(answer: Answer) -> list[StatementResult]:
    """The Denies that apply, or may."""
    found = answer.evaluation.statements if answer.evaluation else ()
    return [r for r in found if r.effect is Effect.DENY and r.matches is not False]


def _lift(evidence: AccessEvidence, ask: Ask, denies: list[StatementResult]) -> AnyChange | None:
    """The first change after which fewer Denies apply."""
    request = ask(evidence).request
    if request is None:
        return None
    for denial in denies:
        candidates: Iterable[AnyChange] = (
            *tag_changes(evidence, request, [denial]),
            *lifted(evidence, request, denial),
        )
        for change in candidates:
            if len(_denies(ask(change.applied(evidence)))) < len(denies):
                return change
    return None


def _allows(
    question: Question, evidence: AccessEvidence, ask: Ask, order: list[Source]
) -> Iterator[tuple[AnyChange, ...]]:
    """One Allow, or one beside a wider boundary."""
    given = [change for source in order for change in source(question, evidence, ask(evidence))]
    yield from ((change,) for change in given)
    wider = list(give_to_boundary(question, evidence, ask(evidence)))
    yield from (tuple(wider),) if wider else ()
    yield from ((*wider, change) for change in given if wider)


def _applied(evidence: AccessEvidence, changes: Iterable[AnyChange]) -> AccessEvidence:
    for change in changes:
        evidence = change.applied(evidence)
    return evidence


def _to_refuse(question: Question, evidence: AccessEvidence) -> Iterator[Plan]:
    """First a Deny of it alone, then without all that allows it."""
    denied = tuple(deny(question, evidence))
    if denied:
        plan = Plan(denied, _applied(evidence, denied))
        if question.ask(plan.after).can is False:
            yield plan
    changes: list[AnyChange] = []
    while question.ask(evidence).can is not False:
        change = take_out(question, evidence)
        if change is None or len(changes) >= _MOST_STEPS:
            return
        changes.append(change)
        evidence = change.applied(evidence)
    yield Plan(tuple(changes), evidence)
