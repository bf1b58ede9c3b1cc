"""Conditions on secretsmanager:VersionStage that refuse plain reads: those send no stage, so a positive condition fails, and a negated
one in a Deny holds."""

from __future__ import annotations

from typing import Any

from ...domain.iam import Effect, PolicyKind
from .trap import READ, Trapped

_STAGE = "secretsmanager:versionstage"


def note_stages(trapped: Trapped) -> None:
    if trapped.meant is None or not _takes_part(trapped):
        return
    outcome = _outcome(trapped)
    if outcome:
        trapped.meant = _mended(trapped.meant, is_deny=trapped.statement.effect is Effect.DENY)
        text = f"{outcome} plain reads: they send no stage, and its condition on secretsmanager:VersionStage asks for one"
        trapped.note("no_version_stage_condition", "Condition", text, blocks=True)


def _takes_part(trapped: Trapped) -> bool:
    return (
        trapped.is_about_the_reader
        and trapped.place.kind is not PolicyKind.KEY
        and trapped.is_about(READ)
    )


def _outcome(trapped: Trapped) -> str:
    """What the condition does to a plain read, "" for nothing: the evaluator tells."""
    result, statement = trapped.asked.result(trapped.place, trapped.statement), trapped.statement
    if result is None or not any(
        condition.key.casefold() == _STAGE for condition in statement.conditions
    ):
        return ""
    if statement.effect is Effect.DENY:
        return "denies" if result.matches else ""
    fails = any(unmet.key.casefold() == _STAGE and unmet.outcome is False for unmet in result.unmet)
    return "does not allow" if fails and trapped.is_refused(READ) else ""


def _mended(document: dict[str, Any], *, is_deny: bool) -> dict[str, Any] | None:
    """The statement with a condition that counts only where a stage is asked for; None for a Deny that was about nothing else."""
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
    left = {operator: keys for operator, keys in conditions.items() if keys}
    if left:
        return {**document, "Condition": left}
    return (
        None
        if is_deny
        else {name: value for name, value in document.items() if name != "Condition"}
    )
