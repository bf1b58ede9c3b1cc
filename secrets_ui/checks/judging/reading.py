"""What the two checks of a read action share."""

from __future__ import annotations

from collections.abc import Iterable

from ...domain.access.evidence import AccessEvidence, Evidence, Known
from ...domain.access.finding import Finding
from ...domain.access.path import ask_read
from ...domain.access.policy_places import places
from ...domain.access.sides import by_identity_or_secret, denying, near_misses
from ...domain.iam import Decision, Evaluation, StatementResult
from ..remedies.fixes import fix
from ..wording import lambda_errors
from ..wording.explain import deciding, doubts, shown, why
from ..wording.missing_statements import missing_statements
from ..wording.says import Says
from .judged import Judged, explanation


def judge_read(say: Says, evidence: AccessEvidence, action: str) -> Finding:
    """Whether the identity policies, or the secret's own, allow it; the boundary and the secret's Denies have checks of their own."""
    role, name = evidence.environment.lambda_role, evidence.secret_name
    short = action.partition(":")[2]
    judged = Judged(evidence, lambda changed: ask_read(changed, action), by_identity_or_secret)
    if judged.evaluation is None or judged.outcome == "unknown":
        text = f"Whether {role} may call {action} on {name} is not known: {doubts(judged.answer, judged.evaluation)}"
        return say.unknown(
            text, missing=missing_statements(evidence, *lacking(evidence)), see=commands(evidence)
        )
    if judged.outcome == "allowed":
        found = shown(evidence, judged.evaluation.deciding, action)
        return say.passed(f"{role} is allowed {action} on {name}.", f"{short} allowed", shown=found)
    if judged.outcome == "explained":
        return say.skipped(
            f"{role} is not allowed {action} on {name}: {explanation(evidence)}.", f"{short} denied"
        )
    if judged.evaluation.decision is Decision.IMPLICITLY_DENIED and _hangs_on_suffix(
        evidence, action
    ):
        return say.skipped(
            f"Without the ARN of {name} nobody can say whether {role} is allowed {action} on it."
        )
    is_denied = bool(denying(judged.evaluation))
    return say.fail(
        f"{role} is not allowed {action} on {name}: {_reason(judged.evaluation, action)}", f"{short} denied",
        shown=deciding(evidence, judged.evaluation, action),
        error=lambda_errors.refused(evidence, action, "identity deny" if is_denied else "identity"),
        remedy=fix(evidence, judged.evaluation, lambda changed: ask_read(changed, action)),
        see=commands(evidence),
    )  # fmt: skip


def _hangs_on_suffix(evidence: AccessEvidence, action: str) -> bool:
    """The secret's ARN is not known, and a policy names it with six characters that may or may not be its own."""
    if isinstance(evidence.secret, Known):
        return False
    statements = (
        statement
        for place in places(evidence)
        for statement in place.statements
        if statement.actions.matches(action.casefold())
    )
    return any(
        f":secret:{evidence.secret_name}-" in arn
        for statement in statements
        for arn in statement.resources.literals
    )


def _reason(evaluation: Evaluation, action: str) -> str:
    results = denying(evaluation) or near_misses(evaluation)
    return reasons(results, action) if results else "no statement of its policies allows it."


def reasons(results: Iterable[StatementResult], action: str) -> str:
    """Sentences within one sentence."""
    told = "; ".join(why(result, action).rstrip(".") for result in results)
    return f"{told[:1].lower()}{told[1:]}."


def lacking(evidence: AccessEvidence) -> list[Evidence[object]]:
    """What of the identity side and of the secret's policy could not be read."""
    return [
        evidence.attached,
        evidence.inline,
        *evidence.documents.values(),
        evidence.resource_policy,
    ]


def commands(evidence: AccessEvidence) -> tuple[str, ...]:
    """The AWS CLI commands that show the role's policies."""
    found = [evidence.attached, evidence.inline, *evidence.documents.values()]
    return tuple(item.call.cli for item in found if item.call.cli)
