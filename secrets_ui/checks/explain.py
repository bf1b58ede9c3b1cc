"""How findings tell a decision: the statements that decide, and why those that were meant to help do not."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain.access import UNKNOWN, Decision, Evaluation, StatementResult, UnmetCondition
from ..domain.access_path import Answer
from ..domain.evidence import Denied, Known, Unlearnt
from ..domain.finding import Shown

_LAYERS = {"identity": "identity policy", "boundary": "permissions boundary", "resource": "resource policy", "scp": "service control policy"}


def deciding(evaluation: Evaluation) -> tuple[Shown, ...]:
    """The statements that decide. For an implicit denial: those that come nearest to allowing."""
    if evaluation.decision is Decision.IMPLICITLY_DENIED:
        return tuple(shown(result) for result in nearest(evaluation))
    return tuple(shown(result) for result in evaluation.deciding)


def nearest(evaluation: Evaluation) -> list[StatementResult]:
    """Allow statements about this action that miss by one part only: the ones that were meant to help."""
    return [r for r in evaluation.statements if r.effect == "Allow" and r.action and not r.matches and _misses(r) == 1]


def _misses(result: StatementResult) -> int:
    return sum([result.principal is None and result.layer == "resource", result.resource is False, result.condition is False])


def shown(result: StatementResult) -> Shown:
    return Shown(
        policy=result.policy, layer=_LAYERS.get(str(result.layer), str(result.layer)), document=dict(result.statement.document),
        marked=_marked(result), why=why(result),
    )  # fmt: skip


def _marked(result: StatementResult) -> str:
    document = result.statement.document
    if not result.matches and result.condition is not True:
        return "Condition"
    if not result.matches and result.resource is not True:
        return "NotResource" if "NotResource" in document else "Resource"
    if not result.matches and "Principal" in document:
        return "Principal"
    return "Effect" if result.effect == "Deny" else ""


def why(result: StatementResult) -> str:
    """Why a statement does not apply, as a sentence; for one that does, that it does."""
    name = f"Statement {result.sid or result.index} of {result.policy}"
    if result.matches:
        return f"{name} {'denies' if result.effect == 'Deny' else 'allows'} it."
    if not result.action:
        return f"{name} is about other actions."
    if result.condition is not True and result.unmet:
        return f"{name} would {'deny' if result.effect == 'Deny' else 'allow'} it, but its condition does not hold: {'; '.join(map(condition_text, result.unmet))}."
    if result.resource is not True:
        return f"{name} would {'deny' if result.effect == 'Deny' else 'allow'} it, but its Resource is another one."
    return f"{name} does not name this caller."


def condition_text(unmet: UnmetCondition) -> str:
    wanted = " or ".join(unmet.wanted)
    if unmet.actual is UNKNOWN:
        return f"{unmet.key} must satisfy {unmet.operator} {wanted}; its value is not known here"
    if unmet.actual is None:
        return f"{unmet.key} must satisfy {unmet.operator} {wanted}; this request does not have that key"
    return f"{unmet.key} must satisfy {unmet.operator} {wanted}; here it is {' and '.join(unmet.actual)}"


def doubts(answer: Answer) -> Iterator[str]:
    """Why an answer is not certain, one sentence each."""
    yield from (f"{doubt[:1].upper()}{doubt[1:]}." for doubt in answer.doubts)
    if answer.evaluation:
        yield from answer.evaluation.missing
    if answer.why_not:
        yield f"{answer.why_not[:1].upper()}{answer.why_not[1:]}."


def missing_permission(*found: Known[object] | Unlearnt | None) -> str:
    """The statement that this console's role needs in order to look, "" when no permission was lacking."""
    lacking = sorted({item.permission for item in found if isinstance(item, Denied)})
    if not lacking:
        return ""
    actions = ", ".join(f'"{action}"' for action in lacking)
    return f'{{"Effect": "Allow", "Action": [{actions}], "Resource": "*"}}'
