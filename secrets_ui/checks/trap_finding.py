"""What the checks of the traps share: all the statements that fell into one, and the policy without them."""

from __future__ import annotations

from collections.abc import Callable

from ..domain.access_path import Answer, ask_decrypt, ask_read
from ..domain.evidence import AccessEvidence, Evidence, Known
from ..domain.finding import Finding, LambdaError, Remedy, Shown
from ..domain.policy_places import PolicyPlace
from . import lambda_errors
from .missing import missing_statements
from .policy_changes import Change
from .says import Says
from .trapped import DECRYPT, READ
from .traps import Trap, find, mended_statements
from .trials import remedy


def judge_trap(say: Says, evidence: AccessEvidence, passed: str, short: str, *needed: Evidence[object]) -> Finding:
    """Fails where a trap stands between the Lambda and the secret, warns where it is harmless. Without a trap in what could be read, what
    could not be read makes it unknown."""
    traps = [trap for trap in find(evidence) if trap.noted.check == say.check]
    if not traps:
        unread = [item for item in needed if not isinstance(item, Known)]
        return say.cannot_tell(evidence, _claim(passed), "a policy", *unread) if unread else say.passed(passed)
    traps.sort(key=lambda trap: not trap.noted.blocks)
    first = traps[0]
    text = "; ".join(dict.fromkeys(trap.noted.text for trap in traps))
    shown = tuple(_shown(trap) for trap in traps)
    is_about_key = first.place.place == "key" or say.check == "policies_name_the_key_by_arn" or not first_is_about_read(first)
    fixed = _remedy(evidence, first.place, is_about_key)
    see = _see(evidence, first.place)
    missing = missing_statements(evidence, *needed)
    told = f"{text[:1].upper()}{text[1:]}."
    if not first.noted.blocks:
        return say.warn(told, short, shown=shown, remedy=fixed, see=see, missing=missing)
    error: LambdaError = lambda_errors.KMS_NOT_ALLOWED if is_about_key else lambda_errors.refused(evidence, READ, _layer(first))
    return say.fail(told, short, shown=shown, error=error, remedy=fixed, see=see, missing=missing)


def first_is_about_read(trap: Trap) -> bool:
    return trap.statement.actions.matches(READ.casefold())


def _layer(trap: Trap) -> str:
    deny = trap.statement.effect == "Deny"
    layer = {"boundary": "boundary", "secret": "resource"}.get(trap.place.place, "identity")
    return f"{layer} deny" if deny else layer if layer != "resource" else "identity"


def _claim(passed: str) -> str:
    return f"{passed[:1].lower()}{passed[1:].rstrip('.')}"


def _shown(trap: Trap) -> Shown:
    why = f"{trap.noted.text[:1].upper()}{trap.noted.text[1:]}."
    return Shown(trap.place.name, trap.place.title.removeprefix("the "), dict(trap.statement.document), trap.noted.marked, why)


def _remedy(evidence: AccessEvidence, place: PolicyPlace, is_about_key: bool) -> Remedy:
    """The whole policy free of all its traps, so that one command does it."""
    statements = mended_statements(evidence, place)
    before = place.documents
    changed = tuple(statement for statement in statements if statement not in before)
    words = f"Correct {place.title}." if changed else f"Take the statement out of {place.title}."
    ask: Callable[[AccessEvidence], Answer] = ask_decrypt if is_about_key else lambda changed: ask_read(changed, READ)
    return remedy(evidence, Change(place, tuple(statements), words, changed), ask)


def _see(evidence: AccessEvidence, place: PolicyPlace) -> tuple[str, ...]:
    found: Evidence[object] | None = {
        "key": evidence.key_policy, "secret": evidence.resource_policy, "boundary": evidence.boundary, "trust": evidence.role,
    }.get(place.place) or evidence.documents.get(place.place.partition(":")[2])  # fmt: skip
    return (found.call.cli,) if found and found.call.cli else ()


def identity_evidence(evidence: AccessEvidence) -> tuple[Evidence[object], ...]:
    """What the identity side consists of."""
    boundary = () if evidence.boundary is None else (evidence.boundary,)
    return (evidence.attached, evidence.inline, *evidence.documents.values(), *boundary)


__all__ = ["DECRYPT", "READ", "identity_evidence", "judge_trap"]
