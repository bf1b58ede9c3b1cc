"""Builds the findings of the trap checks: the statements concerned and the corrected policy."""

from collections.abc import Callable, Iterator

from ...domain.access.actions import DECRYPT, DESCRIBE, READ
from ...domain.access.evidence import AccessEvidence, Evidence, Known, Missing, NotAsked
from ...domain.access.finding import Finding, LambdaError, Remedy, Shown
from ...domain.access.path import Answer, ask_decrypt, ask_read
from ...domain.access.policies import AttachedPolicy
from ...domain.access.reading import why_unknown
from ..remedies.policy_changes import Change
from ..remedies.trials import remedy
from ..wording import lambda_errors
from ..wording.explain import sentence
from ..wording.reporter import Reporter
from .find import Trap, corrected_statements, find_traps

_DENYING = {"boundary": "boundary deny", "endpoint": "endpoint deny", "secret": "resource deny"}
_LIMITS = ("boundary", "endpoint")


def judge_trap(report: Reporter, evidence: AccessEvidence, passed: str, short: str) -> Finding:
    """Fail if a trap keeps the Lambda from the secret, warn if it is harmless.

    Policies that could not be read are reported by the checks of what they decide.
    """
    traps = sorted(
        (t for t in find_traps(evidence) if t.note.check == report.check),
        key=lambda trap: not trap.note.blocks,
    )
    if not traps:
        unread = next(_unread(evidence), None)
        return (
            report.skipped(f"Not every policy was looked through: {unread}.")
            if unread
            else report.passed(passed)
        )
    first = traps[0]
    text = "; ".join(dict.fromkeys(trap.note.text for trap in traps))
    members = {
        "shown": tuple(map(_shown, traps)),
        "remedy": _remedy(evidence, first),
        "see": _see(evidence, first.policy),
    }
    message = f"{sentence(text)}."
    if not first.note.blocks:
        return report.warn(message, short, weight="matters", **members)
    return report.fail(message, short, error=_error(evidence, first), **members)


def _unread(evidence: AccessEvidence) -> Iterator[str]:
    """Yield phrases that name the policies that could not be read."""
    found: dict[str, Evidence[object] | None] = {
        "the attached policies": evidence.attached,
        "the inline policies": evidence.inline,
        **{f"policy {name}": document for name, document in evidence.documents.items()},
        "the permissions boundary": evidence.boundary,
        "the secret's policy": evidence.resource_policy,
        "the key policy": evidence.key_policy,
    }
    return (
        why_unknown(what, item)
        for what, item in found.items()
        if item and not isinstance(item, Known | Missing | NotAsked)
    )


def _is_about_key(trap: Trap) -> bool:
    if trap.note.action:
        return trap.note.action == DECRYPT
    return trap.note.check == "policies_name_the_key_by_arn" or not trap.statement.actions.matches(
        READ.casefold()
    )


def _error(evidence: AccessEvidence, trap: Trap) -> LambdaError:
    if _is_about_key(trap):
        return lambda_errors.KMS_NOT_ALLOWED
    if trap.statement.effect == "Deny":
        layer = _DENYING.get(trap.policy.location, "identity deny")
    else:
        layer = trap.policy.location if trap.policy.location in _LIMITS else "identity"
    return lambda_errors.refused(evidence, _read_action(trap), layer)


def _read_action(trap: Trap) -> str:
    return DESCRIBE if trap.note.action == DESCRIBE else READ


def _shown(trap: Trap) -> Shown:
    why = f"{sentence(trap.note.text)}."
    return Shown(
        trap.policy.name,
        trap.policy.title.removeprefix("the "),
        dict(trap.statement.document),
        trap.note.marked,
        why,
    )


def _remedy(evidence: AccessEvidence, trap: Trap) -> Remedy | None:
    """Correct all traps of a policy at once, so that one command is enough.

    None if only a person can say what was meant.
    """
    statements, before = corrected_statements(evidence, trap.policy), trap.policy.documents
    if statements == before:
        return None
    changed = tuple(statement for statement in statements if statement not in before)
    words = (
        f"Correct {trap.policy.title}."
        if changed
        else f"Take the statement out of {trap.policy.title}."
    )
    ask: Callable[[AccessEvidence], Answer] = (
        ask_decrypt
        if _is_about_key(trap)
        else lambda changed: ask_read(changed, _read_action(trap))
    )
    return remedy(evidence, Change(trap.policy, tuple(statements), words, changed), ask)


def _see(evidence: AccessEvidence, policy: AttachedPolicy) -> tuple[str, ...]:
    kind, _, name = policy.location.partition(":")
    found: dict[str, Evidence[object] | None] = {
        "key": evidence.key_policy,
        "secret": evidence.resource_policy,
        "endpoint": evidence.network.endpoints,
        "boundary": evidence.boundary,
        "trust": evidence.role,
        "identity": evidence.documents.get(name),
        "console": evidence.console.documents.get(name),
    }
    item = found[kind]
    return (item.call.cli,) if item and item.call.cli else ()
