"""A record before it has a place in the chain: what it says, and the row of texts that is hashed
and stored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypedDict

from ...domain.audit.actions import Outcome, Phase
from ...domain.people.actor import Actor
from ...domain.texts import storable

# The default where a function takes details: a mapping that nobody can change.
NO_DETAILS: Mapping[str, object] = MappingProxyType({})


class About(TypedDict, total=False):
    """What an act or an event is about. Every part may be left out."""

    environment: str
    secret: str
    version_id: str
    base_version_id: str
    keys: Sequence[str]
    reason: str


@dataclass(frozen=True, kw_only=True)
class NewRecord:
    """`intent` is the sequence of the intent that an outcome ends, "" for other phases.

    `idempotency_key` names the request that an intent came from. A second intent with the same key
    is refused unless the first ended without effect.
    """

    phase: Phase
    action: str
    actor: Actor
    outcome: Outcome | None = None
    environment: str = ""
    secret: str = ""
    version_id: str = ""
    base_version_id: str = ""
    keys: Sequence[str] = ()
    reason: str = ""
    request_ids: Sequence[str] = ()
    intent: str = ""
    idempotency_key: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    def row(self) -> dict[str, str]:
        """The columns, cut to their lengths; sequence, time and hash are added with the place in
        the chain."""
        return {
            "phase": self.phase.value,
            "action": str(self.action),
            "outcome": self.outcome.value if self.outcome else "",
            "actor": storable(self.actor.name)[:150],
            "address": storable(self.actor.address)[:45],
            "environment": self.environment[:20],
            "secret": storable(self.secret)[:512],
            "version_id": storable(self.version_id),
            "base_version_id": storable(self.base_version_id),
            "keys": as_stored(list(self.keys)),
            "reason": storable(self.reason),
            "request_ids": as_stored([request_id for request_id in self.request_ids if request_id]),
            "intent": self.intent,
            "once": storable(self.idempotency_key),
            "details": as_stored({**self._shell(), **self.details}),
        }

    def _shell(self) -> dict[str, str]:
        """A command's records name the shell's user beside the account in whose name it ran."""
        return {"os_user": self.actor.os_user} if self.actor.os_user else {}


def as_stored(value: object) -> str:
    """JSON in one fixed form.

    A key may hold half of a surrogate pair, which is spelled as JSON does.
    """
    return storable(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
