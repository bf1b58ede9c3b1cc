"""What the answer would be with another policy text: the same evidence, one document exchanged. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .access_path import READ_ACTIONS, Answer, ask_decrypt, ask_read
from .evidence import AccessEvidence, Document, Known
from .errors import AwsCall


@dataclass(frozen=True)
class EditablePolicy:
    """One policy that takes part in the answer. `place` names it in a form; `text` is its JSON, "" where there is none yet."""

    place: str
    title: str
    text: str


@dataclass(frozen=True)
class Compared:
    """One question of the access path, before and after."""

    action: str
    before: Answer
    after: Answer

    @property
    def changes(self) -> bool:
        return _decision(self.before) != _decision(self.after)


def _decision(answer: Answer) -> str:
    return str(answer.evaluation.decision) if answer.evaluation else ""


def policies_of(evidence: AccessEvidence) -> list[EditablePolicy]:
    """Every policy that could be read and that takes part."""
    return list(_policies(evidence))


def _policies(evidence: AccessEvidence) -> Iterator[EditablePolicy]:
    if isinstance(evidence.key_policy, Known):
        yield EditablePolicy("key", "Key policy", evidence.key_policy.value)
    if isinstance(evidence.resource_policy, Known):
        yield EditablePolicy("secret", "The secret's own policy", evidence.resource_policy.value)
    for place, found in evidence.documents.items():
        if isinstance(found, Known):
            yield EditablePolicy(f"identity:{place}", f"Identity policy {found.value.name}", found.value.text)
    if isinstance(evidence.boundary, Known):
        yield EditablePolicy("boundary", f"Permissions boundary {evidence.boundary.value.name}", evidence.boundary.value.text)


def what_if(evidence: AccessEvidence, place: str, text: str) -> tuple[Compared, ...]:
    """The three questions, with the policy at `place` exchanged for `text`; KeyError for a place that does not take part."""
    changed = _exchanged(evidence, place, text)
    reads = [Compared(action, ask_read(evidence, action), ask_read(changed, action)) for action in READ_ACTIONS]
    return (*reads, Compared("kms:Decrypt", ask_decrypt(evidence), ask_decrypt(changed)))


def _exchanged(evidence: AccessEvidence, place: str, text: str) -> AccessEvidence:
    if place not in {policy.place for policy in policies_of(evidence)}:
        raise KeyError(place)
    typed = AwsCall("typed")
    if place == "key":
        return replace(evidence, key_policy=Known(text, typed))
    if place == "secret":
        return replace(evidence, resource_policy=Known(text.strip(), typed))
    if place == "boundary":
        return replace(evidence, boundary=Known(Document("the typed boundary", text), typed))
    name = place.removeprefix("identity:")
    known = evidence.documents[name]
    shown = known.value.name if isinstance(known, Known) else name
    return replace(evidence, documents={**evidence.documents, name: Known(Document(shown, text), typed)})
