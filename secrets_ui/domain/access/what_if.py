"""What the decision would be if one policy had another text. Nothing is written."""

import json
from dataclasses import dataclass

from ..errors.nesting import load_json
from .actions import DECRYPT, READ_ACTIONS
from .evidence import AccessEvidence
from .path import Answer, ask_decrypt, ask_read
from .policies import AttachedPolicy, list_policies, with_policy


@dataclass(frozen=True)
class EditablePolicy:
    """One policy that affects the decision.

    `location` identifies it in a form; `text` is its JSON, "" if it has none yet.
    """

    location: str
    title: str
    text: str


@dataclass(frozen=True)
class Compared:
    """One decision on the access path, before and after."""

    action: str
    before: Answer
    after: Answer

    @property
    def changes(self) -> bool:
        return _decision(self.before) != _decision(self.after)


def _decision(answer: Answer) -> str:
    return str(answer.evaluation.decision) if answer.evaluation else ""


def editable_policies(evidence: AccessEvidence) -> list[EditablePolicy]:
    """Return every readable policy on the path, the key policy first, as it is edited most."""
    found = sorted(
        list_policies(evidence), key=lambda item: _ORDER.index(item.location.partition(":")[0])
    )
    return [
        EditablePolicy(item.location, _title(item), _indented(item.text))
        for item in found
        if not item.location.startswith(("console:", "trust"))
    ]


def _indented(text: str) -> str:
    """Indent a policy. A text that is not JSON is returned unchanged, to be corrected."""
    try:
        return json.dumps(load_json(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


_ORDER = ("key", "secret", "endpoint", "identity", "boundary", "trust", "console")


def _title(item: AttachedPolicy) -> str:
    titles = {
        "key": "Key policy",
        "secret": "The secret's own policy",
        "endpoint": f"Policy of VPC endpoint {item.name}",
        "boundary": f"Permissions boundary {item.name}",
    }
    return titles.get(item.location, f"Identity policy {item.name}")


def what_if(evidence: AccessEvidence, location: str, text: str) -> tuple[Compared, ...]:
    """Return the three decisions with the policy at `location` replaced by `text`.

    Raises LookupError for a location that is not on the path.
    """
    changed = with_policy(evidence, location, text)
    reads = [
        Compared(action, ask_read(evidence, action), ask_read(changed, action))
        for action in READ_ACTIONS
    ]
    return (*reads, Compared(DECRYPT, ask_decrypt(evidence), ask_decrypt(changed)))
