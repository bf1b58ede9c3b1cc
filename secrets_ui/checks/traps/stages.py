"""Conditions on secretsmanager:VersionStage that refuse plain reads.

Plain reads send no stage, so a positive condition fails, and a negated one in a Deny holds.
"""

from typing import Any

from ...domain.access.actions import READ
from ...domain.iam import Effect, PolicyKind
from .trap import StatementReview

_STAGE = "secretsmanager:versionstage"


def note_stages(review: StatementReview) -> None:
    if review.corrected is None or not _takes_part(review):
        return
    outcome = _outcome(review)
    if outcome:
        review.corrected = _corrected(
            review.corrected, is_deny=review.statement.effect is Effect.DENY
        )
        text = (
            f"{outcome} plain reads: they send no stage, and its condition on "
            "secretsmanager:VersionStage asks for one"
        )
        review.note("no_version_stage_condition", "Condition", text, blocks=True)


def _takes_part(review: StatementReview) -> bool:
    return (
        review.is_about_the_reader
        and review.policy.kind is not PolicyKind.KEY
        and review.is_about(READ)
    )


def _outcome(review: StatementReview) -> str:
    """Return what the condition does to a plain read, "" for nothing."""
    result, statement = review.answers.result(review.policy, review.statement), review.statement
    if result is None or not any(
        condition.key.casefold() == _STAGE for condition in statement.conditions
    ):
        return ""
    if statement.effect is Effect.DENY:
        return "denies" if result.matches else ""
    fails = any(unmet.key.casefold() == _STAGE and unmet.outcome is False for unmet in result.unmet)
    return "does not allow" if fails and review.is_refused(READ) else ""


def _corrected(document: dict[str, Any], *, is_deny: bool) -> dict[str, Any] | None:
    """Return the statement with a condition that counts only if a stage is sent.

    None for a Deny that had no other condition.
    """
    conditions: dict[str, dict[str, Any]] = {
        operator: dict(keys) for operator, keys in document["Condition"].items()
    }
    for operator, key in [
        (o, k) for o, keys in conditions.items() for k in keys if k.casefold() == _STAGE
    ]:
        values = conditions[operator].pop(key)
        if operator == "Null":
            continue
        if is_deny:
            conditions[operator][key] = values
            conditions.setdefault("Null", {})[key] = "false"
        else:
            base = operator.rpartition(":")[2].removesuffix("IfExists")
            conditions.setdefault(f"{base}IfExists", {})[key] = values
    deleted = {operator: keys for operator, keys in conditions.items() if keys}
    if deleted:
        return {**document, "Condition": deleted}
    return (
        None
        if is_deny
        else {name: value for name, value in document.items() if name != "Condition"}
    )
