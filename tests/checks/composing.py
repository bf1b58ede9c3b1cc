"""Evidence of two faults at once, put together from the evidence of each alone."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from secrets_ui.domain.access.evidence import AccessEvidence, Known, RoleEvidence
from secrets_ui.domain.access.network import Network

# Of the run, not of the estate.
_OF_THE_RUN = {"read_at", "looked", "calls", "seconds"}
_MEMBERS = [field.name for field in fields(AccessEvidence) if field.name not in _OF_THE_RUN]


@dataclass(frozen=True)
class Alone:
    """What was gathered just before one fault was planted, and with it."""

    before: AccessEvidence
    planted: AccessEvidence

    @cached_property
    def changed(self) -> dict[str, Any]:
        """The members that the fault changed, by name; those of a mapping as `member:key`."""
        before, planted = _flat(self.before), _flat(self.planted)
        return {
            name: planted.get(name)
            for name in before.keys() | planted.keys()
            if _content(before.get(name)) != _content(planted.get(name))
        }


def compose(one: Alone, other: Alone) -> AccessEvidence | None:
    """The evidence of both; None when both change the same member, so that neither's fits."""
    changed = other.changed
    if changed.keys() & one.changed.keys():
        return None
    members: dict[str, Any] = {}
    for name, value in changed.items():
        member, _, key = name.partition(":")
        if not key:
            members[member] = value
            continue
        mapping = members.setdefault(member, dict(getattr(one.planted, member)))
        mapping.pop(key, None)
        if value is not None:
            mapping[key] = value
    return replace(one.planted, **members)


def _flat(evidence: AccessEvidence) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _MEMBERS:
        value = getattr(evidence, name)
        if isinstance(value, Mapping):
            found |= {f"{name}:{key}": item for key, item in value.items()}
        else:
            found[name] = value
    return found


def _content(evidence: Any) -> Any:
    """What AWS answered, without the call that asked: a refusal has an id of its own each time."""
    if isinstance(evidence, Known):
        return evidence.value
    if isinstance(evidence, RoleEvidence | Network):
        return [
            {key: _content(item) for key, item in part.items()}
            if isinstance(part, Mapping)
            else _content(part)
            for part in (getattr(evidence, field.name) for field in fields(evidence))
        ]
    return type(evidence).__name__ if evidence is not None else None
