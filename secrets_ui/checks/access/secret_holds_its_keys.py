"""The current version is a JSON object with the keys that the catalogue expects."""

from ...domain.access.evidence import AccessEvidence, Known, Unreachable
from ...domain.access.finding import Finding, Remedy
from ...domain.errors.wording import plural
from ...domain.secrets.facts import KeyFacts, VersionFacts
from ...domain.secrets.health import key_states
from ..wording.explain import names
from ..wording.reporter import Reporter
from .key_is_usable import can_decrypt

TITLE = "The secret holds its keys"
report = Reporter(__name__, "secret", "matters")
_KINDS = {
    "not_json": "is not JSON",
    "not_object": "is JSON, but not an object",
    "binary": "is binary",
}
_SET = Remedy("Set it in this console: Edit values.")
_RENAME = Remedy("Remove or replace it in this console: Edit values.")


def check(evidence: AccessEvidence) -> Finding:
    name, found = evidence.secret_name, evidence.facts
    if isinstance(found, Known):
        return _judge(evidence, found.value)
    if isinstance(found, Unreachable) and not can_decrypt(evidence):
        return report.skipped(
            f"Whether {name} holds its keys was not checked: its key cannot decrypt it now."
        )
    return report.cannot_tell(evidence, f"{name} holds its keys", "the names of its keys", found)


def _judge(evidence: AccessEvidence, facts: VersionFacts) -> Finding:
    name = evidence.secret_name
    if facts.kind != "object":
        text = (
            f"The current version of {name} {_KINDS[facts.kind]}, so the Lambda cannot take "
            "keys from it."
        )
        return report.fail(text, _KINDS[facts.kind], weight="decides", remedy=_SET)
    if evidence.spec.keys and (unloadable := [key for key in facts.keys if key.unloadable]):
        return _refused_by_loader(name, unloadable)
    states = key_states(evidence.spec, facts, {})
    lacking = [
        state.name
        for state in states
        if state.kind in ("missing", "empty") and state.state.level == "bad"
    ]
    if lacking:
        text = f"{name} lacks {names(lacking)}, which the catalogue requires."
        return report.fail(
            text, f"{len(lacking)} of {len(evidence.spec.keys)} keys missing", remedy=_SET
        )
    placeholders = [state.name for state in states if state.kind == "placeholder"]
    if placeholders:
        text = (
            f"{name} still has placeholders in {names(placeholders)}: "
            "the Lambda reads them, and cannot use them."
        )
        return report.warn(text, _count(facts), remedy=_SET)
    return report.passed(
        f"{name} is a JSON object with the keys that the catalogue expects.", _count(facts)
    )


def _refused_by_loader(name: str, keys: list[KeyFacts]) -> Finding:
    """The loader takes a secret whole or not at all, and says the same of the key."""
    why = "; ".join(f"its key {key.name[:60]!r} {key.unloadable}" for key in keys[:3])
    short = f"{plural(len(keys), 'key')} cannot be loaded"
    text = f"The Lambda cannot load {name}: {why}."
    return report.fail(text, short, weight="decides", remedy=_RENAME)


def _count(facts: VersionFacts) -> str:
    return plural(len(facts.keys), "key")
