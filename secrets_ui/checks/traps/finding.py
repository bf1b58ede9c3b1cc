"""What the checks of the traps share: all the statements that fell into one, and the policy without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...domain.access.evidence import AccessEvidence, Evidence, Known, Missing, NotAsked
from ...domain.access.finding import Finding, LambdaError, Remedy, Shown
from ...domain.access.path import Answer, ask_decrypt, ask_read, told
from ...domain.access.policy_places import PolicyPlace
from ..remedies.policy_changes import Change
from ..remedies.trials import remedy
from ..wording import lambda_errors
from ..wording.explain import sentence
from ..wording.says import Says
from .find import Trap, find, mended_statements
from .trap import READ


def judge_trap(say: Says, evidence: AccessEvidence, passed: str, short: str) -> Finding:
    """Fails where a trap stands between the Lambda and the secret, warns where it is harmless. Policies that could not be read are told
    of by the checks of what they decide."""
    traps = sorted(
        (t for t in find(evidence) if t.noted.check == say.check),
        key=lambda trap: not trap.noted.blocks,
    )
    if not traps:
        unread = next(_unread(evidence), None)
        return (
            say.skipped(f"Not every policy was looked through: {unread}.")
            if unread
            else say.passed(passed)
        )
    first = traps[0]
    text = "; ".join(dict.fromkeys(trap.noted.text for trap in traps))
    members = {
        "shown": tuple(map(_shown, traps)),
        "remedy": _remedy(evidence, first),
        "see": _see(evidence, first.place),
    }
    told_text = f"{sentence(text)}."
    if not first.noted.blocks:
        return say.warn(told_text, short, weight="matters", **members)
    return say.fail(told_text, short, error=_error(evidence, first), **members)


def _unread(evidence: AccessEvidence) -> Iterator[str]:
    """Phrases, the first one tells."""
    found: dict[str, Evidence[object] | None] = {
        "the attached policies": evidence.attached,
        "the inline policies": evidence.inline,
        **{f"policy {name}": document for name, document in evidence.documents.items()},
        "the permissions boundary": evidence.boundary,
        "the secret's policy": evidence.resource_policy,
        "the key policy": evidence.key_policy,
    }
    return (
        told(what, item)
        for what, item in found.items()
        if item and not isinstance(item, Known | Missing | NotAsked)
    )


def _is_about_key(trap: Trap) -> bool:
    return trap.noted.check == "policies_name_the_key_by_arn" or not trap.statement.actions.matches(
        READ.casefold()
    )


def _error(evidence: AccessEvidence, trap: Trap) -> LambdaError:
    if _is_about_key(trap):
        return lambda_errors.KMS_NOT_ALLOWED
    if trap.statement.effect == "Deny":
        layer = {"boundary": "boundary deny", "secret": "resource deny"}.get(
            trap.place.place, "identity deny"
        )
    else:
        layer = "boundary" if trap.place.place == "boundary" else "identity"
    return lambda_errors.refused(evidence, READ, layer)


def _shown(trap: Trap) -> Shown:
    why = f"{sentence(trap.noted.text)}."
    return Shown(
        trap.place.name,
        trap.place.title.removeprefix("the "),
        dict(trap.statement.document),
        trap.noted.marked,
        why,
    )


def _remedy(evidence: AccessEvidence, trap: Trap) -> Remedy:
    """The whole policy free of all its traps, so that one command does it."""
    statements, before = mended_statements(evidence, trap.place), trap.place.documents
    changed = tuple(statement for statement in statements if statement not in before)
    words = (
        f"Correct {trap.place.title}."
        if changed
        else f"Take the statement out of {trap.place.title}."
    )
    ask: Callable[[AccessEvidence], Answer] = (
        ask_decrypt if _is_about_key(trap) else lambda changed: ask_read(changed, READ)
    )
    return remedy(evidence, Change(trap.place, tuple(statements), words, changed), ask)


def _see(evidence: AccessEvidence, place: PolicyPlace) -> tuple[str, ...]:
    kind, _, name = place.place.partition(":")
    found: dict[str, Evidence[object] | None] = {
        "key": evidence.key_policy,
        "secret": evidence.resource_policy,
        "boundary": evidence.boundary,
        "trust": evidence.role,
        "identity": evidence.documents.get(name),
        "console": evidence.console.documents.get(name),
    }
    item = found[kind]
    return (item.call.cli,) if item and item.call.cli else ()
