"""What the checks of the two read actions share."""

from collections.abc import Iterable
from functools import partial

from ...domain.access.evidence import AccessEvidence, Evidence, Known
from ...domain.access.finding import Finding
from ...domain.access.path import ask_read
from ...domain.access.policies import list_policies
from ...domain.access.sides import by_identity_or_secret, denying, near_misses
from ...domain.iam import Decision, Evaluation, StatementResult
from ..remedies.fixes import find_remedy
from ..wording import lambda_errors
from ..wording.explain import deciding, doubts, shown, why
from ..wording.missing_statements import missing_statements
from ..wording.reporter import Reporter
from .judgement import Judgement, explanation


def judge_read(report: Reporter, evidence: AccessEvidence, action: str) -> Finding:
    """Judge whether the identity policies, or the secret's own, allow an action.

    The boundary and the Denies of the secret's policy have checks of their own.
    """
    role, name = evidence.environment.lambda_role, evidence.secret_name
    short = action.partition(":")[2]
    ask = partial(ask_read, action=action)
    judgement = Judgement(evidence, ask, by_identity_or_secret)
    if judgement.evaluation is None or judgement.outcome == "unknown":
        text = (
            f"Whether {role} may call {action} on {name} is not known: "
            f"{doubts(judgement.answer, judgement.evaluation)}"
        )
        return report.unknown(
            text, missing=missing_statements(evidence, *lacking(evidence)), see=commands(evidence)
        )
    if judgement.outcome == "allowed":
        found = shown(evidence, judgement.evaluation.deciding, action)
        return report.passed(
            f"{role} is allowed {action} on {name}.", f"{short} allowed", shown=found
        )
    if judgement.outcome == "explained":
        return report.skipped(
            f"{role} is not allowed {action} on {name}: {explanation(evidence)}.", f"{short} denied"
        )
    if judgement.evaluation.decision is Decision.IMPLICITLY_DENIED and _hangs_on_suffix(
        evidence, action
    ):
        return report.skipped(
            f"Without the ARN of {name} nobody can say whether {role} is allowed {action} on it."
        )
    is_denied = bool(denying(judgement.evaluation))
    return report.fail(
        f"{role} is not allowed {action} on {name}: {_reason(judgement.evaluation, action)}",
        f"{short} denied",
        shown=deciding(evidence, judgement.evaluation, action),
        error=lambda_errors.refused(evidence, action, "identity deny" if is_denied else "identity"),
        remedy=find_remedy(evidence, judgement.evaluation, ask),
        see=commands(evidence),
    )


def _hangs_on_suffix(evidence: AccessEvidence, action: str) -> bool:
    """Whether the ARN is unknown while a policy names six characters that may not be its own."""
    if isinstance(evidence.secret, Known):
        return False
    statements = (
        statement
        for policy in list_policies(evidence)
        for statement in policy.statements
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
    """Join the reasons of several statements into the rest of a sentence."""
    text = "; ".join(why(result, action).rstrip(".") for result in results)
    return f"{text[:1].lower()}{text[1:]}."


def lacking(evidence: AccessEvidence) -> list[Evidence[object]]:
    """Return the evidence on identity policies and the secret's policy."""
    return [
        evidence.attached,
        evidence.inline,
        *evidence.documents.values(),
        evidence.resource_policy,
    ]


def commands(evidence: AccessEvidence) -> tuple[str, ...]:
    """Return the AWS CLI commands that show the role's policies."""
    found = [evidence.attached, evidence.inline, *evidence.documents.values()]
    return tuple(item.call.cli for item in found if item.call.cli)
