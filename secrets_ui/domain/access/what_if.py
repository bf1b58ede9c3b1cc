"""What the answer would be with another policy text: the same evidence, one document exchanged. Nothing is written."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .evidence import AccessEvidence
from .expected_policies import READ_ACTIONS
from .path import Answer, ask_decrypt, ask_read
from .policy_places import PolicyPlace, exchanged, places


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
    """Every policy that could be read and that takes part, the key policy first: it is the one that is edited most."""
    found = sorted(places(evidence), key=lambda item: _ORDER.index(item.place.partition(":")[0]))
    return [
        EditablePolicy(item.place, _title(item), _indented(item.text))
        for item in found
        if not item.place.startswith(("console:", "trust"))
    ]


def _indented(text: str) -> str:
    """As people write policies; a text that is not JSON stays as it is, to be mended."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


_ORDER = ("key", "secret", "identity", "boundary", "trust", "console")


def _title(item: PolicyPlace) -> str:
    titles = {
        "key": "Key policy",
        "secret": "The secret's own policy",
        "boundary": f"Permissions boundary {item.name}",
    }
    return titles.get(item.place, f"Identity policy {item.name}")


def what_if(evidence: AccessEvidence, place: str, text: str) -> tuple[Compared, ...]:
    """The three questions, with the policy at `place` exchanged for `text`; LookupError for a place that does not take part."""
    changed = exchanged(evidence, place, text)
    reads = [
        Compared(action, ask_read(evidence, action), ask_read(changed, action))
        for action in READ_ACTIONS
    ]
    return (*reads, Compared("kms:Decrypt", ask_decrypt(evidence), ask_decrypt(changed)))
