"""Who made a version: a person in this console, or somebody outside it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...domain.audit.actions import WRITES, Action
from ...domain.audit.chain import version_id_of
from ...domain.secrets.key_age import NO_MAKING, Making
from ...models import AuditRecord
from .writing import texts


@dataclass(frozen=True)
class Author:
    """Who made a version.

    `sequence` is the intent's record; `approved_by` the second person, where there was one.
    """

    name: str
    at: str
    sequence: int
    reason: str = ""
    approved_by: str = ""
    made: Making = NO_MAKING


def authors_of(version_ids: Iterable[str]) -> dict[str, Author]:
    """By version id, for the versions that this console made; all others were made outside it.

    One query.
    """
    rows = (
        AuditRecord.objects.done()
        .filter(version_id__in={v for v in version_ids if v}, action__in=WRITES)
        .order_by("sequence")
        .values_list(
            "version_id", "actor", "at", "intent", "reason", "action", "base_version_id", "keys"
        )
    )
    authors: dict[str, Author] = {}
    for version, actor, at, intent, reason, action, base, keys in rows:
        if action in (Action.APPROVE, Action.EMERGENCY) and version in authors:
            other = actor if actor != authors[version].name else ""
            authors[version] = replace(authors[version], at=at, approved_by=other)
        else:
            made = Making(base, frozenset(texts(keys)))
            authors[version] = Author(actor, at, int(intent or 0), reason, made=made)
    return authors


def who_pinned(version_ids: Iterable[str]) -> dict[tuple[str, str], Author]:
    """Who put each label of a pin on, by version id and label. Two queries."""
    done = AuditRecord.objects.done().filter(
        version_id__in={v for v in version_ids if v}, action=Action.PIN
    )
    return {
        (intent.version_id, str(intent.parsed_details["label"])): Author(
            intent.actor, intent.at, intent.sequence, intent.reason
        )
        for intent in done.intents()
    }


def pins_on_record(environment: str, secret: str) -> dict[str, str]:
    """The version that each pin's label was last put on here, without those taken off here again;
    by label. Two queries."""
    moved = AuditRecord.objects.done().filter(
        environment=environment, secret=secret, action__in=(Action.PIN, Action.UNPIN)
    )
    found: dict[str, str] = {}
    for intent in moved.intents():
        label = str(intent.parsed_details["label"])
        found.pop(label, None)
        if intent.action == Action.PIN:
            found[label] = intent.version_id
    return found


def possible_versions(intent: AuditRecord) -> list[str]:
    """The ids that the version of an intent may have.

    A save's version is named by its intent's hash, in the form that was set at the time; a decision
    names it.
    """
    if intent.version_id:
        return [intent.version_id]
    return [version_id_of(intent.hash, form) for form in ("hash", "uuid")]
