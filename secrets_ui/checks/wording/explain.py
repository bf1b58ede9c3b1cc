"""Explains a decision: the statements behind it, and why others that seem relevant do not apply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Shown
from ...domain.access.path import Answer
from ...domain.access.policies import policy_of
from ...domain.access.sides import names_caller
from ...domain.iam import (
    BOOLEAN_OPERATORS,
    TEXT_OPERATORS,
    UNKNOWN,
    Decision,
    Effect,
    Evaluation,
    Present,
    StatementResult,
    UnmetCondition,
)

_EQUALITY = TEXT_OPERATORS | BOOLEAN_OPERATORS


def deciding(evidence: AccessEvidence, evaluation: Evaluation, action: str) -> tuple[Shown, ...]:
    """Return the statements that decide. For an implicit denial, those closest to allowing."""
    if evaluation.decision is Decision.IMPLICITLY_DENIED:
        return shown(evidence, nearest(evaluation), action)
    return shown(evidence, evaluation.deciding, action)


def nearest(evaluation: Evaluation) -> list[StatementResult]:
    """Return Allow statements for this action that fail in one part only.

    Statements for another caller count only if no other comes close.
    """
    allows = [
        r
        for r in evaluation.statements
        if r.effect is Effect.ALLOW and r.action and not r.matches and _misses(r) == 1
    ]
    return [r for r in allows if names_caller(r)] or allows


def _misses(result: StatementResult) -> int:
    return sum([not names_caller(result), result.resource is False, result.condition is False])


def shown(
    evidence: AccessEvidence, results: Iterable[StatementResult], action: str
) -> tuple[Shown, ...]:
    return tuple(_shown(evidence, result, action) for result in results)


def _shown(evidence: AccessEvidence, result: StatementResult, action: str) -> Shown:
    layer, document = _layer(evidence, result), dict(result.statement.document)
    marked = _marked(result)
    unmet = [
        (condition.operator, condition.key) for condition in result.unmet if marked == "Condition"
    ]
    return Shown(result.policy, layer, document, marked, why(result, action), tuple(unmet))


def _layer(evidence: AccessEvidence, result: StatementResult) -> str:
    try:
        policy = policy_of(evidence, result)
    except LookupError:
        return f"{result.layer} policy"
    return {"identity": "identity policy", "console": "identity policy"}.get(
        policy.location.partition(":")[0], policy.title.removeprefix("the ")
    )


def _marked(result: StatementResult) -> str:
    document = result.statement.document
    if result.matches:
        return "Effect" if result.effect is Effect.DENY else ""
    if not result.action:
        return "NotAction" if "NotAction" in document else "Action"
    if not names_caller(result):
        return "NotPrincipal" if "NotPrincipal" in document else "Principal"
    if result.resource is not True:
        return "NotResource" if "NotResource" in document else "Resource"
    return "Condition"


def why(result: StatementResult, action: str) -> str:
    """Explain in a sentence why a statement applies or does not."""
    name = sentence(statement_name(result))
    would = "deny" if result.effect is Effect.DENY else "allow"
    if result.matches:
        return f"{name} {'denies' if would == 'deny' else 'allows'} {action}."
    if not result.action:
        return f"{name} is about other actions."
    if not names_caller(result):
        return f"{name} would {would} {action}, but does not name this caller."
    if result.resource is not True:
        return f"{name} would {would} {action}, but its Resource is another one."
    conditions = "; ".join(map(condition_text, result.unmet))
    return (
        f"{name} would {would} {action}, but its condition "
        f"{'does not hold' if result.condition is False else 'may not hold'}: {conditions}."
    )


def statement_name(result: StatementResult) -> str:
    return (
        f"statement {result.sid}"
        if result.sid
        else f"statement number {result.statement.index + 1}"
    )


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def condition_text(unmet: UnmetCondition) -> str:
    must = (
        f"must be {' or '.join(unmet.wanted)}"
        if unmet.operator in _EQUALITY
        else f"must satisfy {unmet.operator} {' or '.join(unmet.wanted)}"
    )
    if unmet.actual is UNKNOWN or isinstance(unmet.actual, Present):
        return f"{unmet.key} {must}; its value is not known here"
    if unmet.actual is None:
        return f"{unmet.key} {must}; this request does not have that key"
    return f"{unmet.key} {must}; here it is {' and '.join(unmet.actual)}"


def doubts(answer: Answer, evaluation: Evaluation | None = None) -> str:
    """Explain in sentences why an answer is uncertain, layers that could not be read first."""
    return " ".join(dict.fromkeys(_doubts(answer, evaluation or answer.evaluation)))


def _doubts(answer: Answer, evaluation: Evaluation | None) -> Iterator[str]:
    yield from (f"{sentence(doubt)}." for doubt in answer.doubts)
    if evaluation:
        yield from (
            text
            for text in evaluation.missing
            if not (answer.doubts and text.startswith("Not known: "))
        )
    if answer.why_not:
        yield f"{sentence(answer.why_not)}."


def names(items: Iterable[str]) -> str:
    """Join names: `a`, `a and b`, `a, b and c`."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last
