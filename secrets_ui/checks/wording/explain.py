"""Explains a decision: the statements behind it, and why others that seem relevant do not apply."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...domain.access.aws_managed_key import DOCUMENTED
from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Shown
from ...domain.access.path import Answer
from ...domain.access.policies import policy_of
from ...domain.access.sides import names_caller
from ...domain.iam import (
    Decision,
    Effect,
    Evaluation,
    Layer,
    PrincipalMatch,
    Request,
    StatementResult,
    as_list,
)
from .conditions import condition_text, lacks, owner_of_tag
from .parts import compare

CONTROL_POLICIES = {Layer.SCP: "service control policy", Layer.RCP: "resource control policy"}


def deciding(evidence: AccessEvidence, evaluation: Evaluation, action: str) -> tuple[Shown, ...]:
    """Return the statements that decide. For an implicit denial, those closest to allowing."""
    if evaluation.decision is Decision.IMPLICITLY_DENIED:
        return compared(evidence, nearest(evaluation), evaluation.request)
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


def closest(evaluation: Evaluation, layer: Layer) -> StatementResult | None:
    """Return the Allow statement of a layer that comes closest to allowing: fewest parts fail.

    One about other actions comes close if it is about the same service and all else fits. None if
    none is close.
    """
    service = evaluation.request.action.partition(":")[0].casefold()
    candidates = [
        result
        for result in evaluation.statements
        if result.layer is layer
        and result.effect is Effect.ALLOW
        and not result.matches
        and (result.action or (distance(result)[0] == 1 and _is_about(result, service)))
    ]
    return min(candidates, key=distance, default=None)


def _is_about(result: StatementResult, service: str) -> bool:
    names = as_list(result.statement.document.get("Action", []))
    return any(str(name).partition(":")[0].casefold() == service for name in names)


def distance(result: StatementResult) -> tuple[int, bool, int]:
    """A statement that names the account names the caller, if in a roundabout way."""
    is_unnamed = result.principal is PrincipalMatch.NOBODY
    parts = [not result.action, is_unnamed, result.resource is False, result.condition is False]
    return sum(parts), not result.action, len(result.unmet)


def shown(
    evidence: AccessEvidence, results: Iterable[StatementResult], action: str
) -> tuple[Shown, ...]:
    return tuple(_shown(evidence, result, action) for result in results)


def compared(
    evidence: AccessEvidence, results: Iterable[StatementResult], request: Request
) -> tuple[Shown, ...]:
    """The same of statements that do not apply, each beside what the request has."""
    return tuple(
        replace(_shown(evidence, result, request.action), parts=compare(result, request))
        for result in results
    )


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
        if result.policy == DOCUMENTED:
            return "key policy"
        return CONTROL_POLICIES.get(result.layer, f"{result.layer} policy")
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
        return f"{name} {'denies' if would == 'deny' else 'allows'} {action}{_for_want(result)}."
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


def _for_want(result: StatementResult) -> str:
    """Say for want of which keys a Deny applies."""
    absent = result.absent if result.effect is Effect.DENY else ()
    missing = [
        lacks(key) if owner_of_tag(key) else f"this request does not have {key}" for key in absent
    ]
    return f", since {names(dict.fromkeys(missing))}" if missing else ""


def statement_name(result: StatementResult) -> str:
    return (
        f"statement {result.sid}"
        if result.sid
        else f"statement number {result.statement.index + 1}"
    )


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


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
