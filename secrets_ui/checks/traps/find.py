"""The traps: statements that read well and do nothing, or refuse what they should allow, each with the statement that was meant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ...domain.access.evidence import AccessEvidence, Document, Known
from ...domain.access.expected_policies import SECRETS_ACCESS, secrets_access, secrets_access_arn
from ...domain.access.policy_places import PolicyPlace, exchanged, places
from ...domain.iam import Statement
from .principals import note_left_overs
from .resources import note_resources
from .stages import note_stages
from .trap import Noted, Trapped


@dataclass(frozen=True)
class Trap:
    """`meant` is the statement as it should read, free of all its traps; None where it should go."""

    place: PolicyPlace
    statement: Statement
    meant: dict[str, Any] | None
    noted: Noted


@lru_cache(maxsize=16)
def find(evidence: AccessEvidence) -> tuple[Trap, ...]:
    """Every trap in the policies that take part."""
    return tuple(_find(evidence))


def _find(evidence: AccessEvidence) -> Iterator[Trap]:
    for place in places(evidence):
        for statement in place.statements:
            trapped = Trapped(evidence, place, statement)
            for look in (note_resources, note_left_overs, note_stages):
                look(trapped)
            yield from (Trap(place, statement, trapped.meant, noted) for noted in trapped.noted)


@lru_cache(maxsize=16)
def repaired(evidence: AccessEvidence) -> AccessEvidence:
    """The same evidence without the faults that have a check of their own: no trap, and the secrets policy attached. What is refused
    here is refused for another reason."""
    mended = _with_secrets_access(evidence)
    for place in dict.fromkeys(trap.place for trap in find(evidence)):
        mended = exchanged(
            mended, place.place, place.with_statements(mended_statements(evidence, place))
        )
    return mended


def mended_statements(evidence: AccessEvidence, place: PolicyPlace) -> list[Any]:
    """A policy's statements, free of their traps."""
    meant = {trap.statement.index: trap.meant for trap in find(evidence) if trap.place == place}
    documents = [meant.get(index, document) for index, document in enumerate(place.documents)]
    return [document for document in documents if document is not None]


def lacks_secrets_access(evidence: AccessEvidence) -> bool:
    """The role is not there, or does not have the policy attached. One that could not be read lacks nothing for sure."""
    if isinstance(evidence.attached, Known):
        return not any(arn.endswith(f"/{SECRETS_ACCESS}") for arn in evidence.attached.value)
    return not isinstance(evidence.role, Known)


def _with_secrets_access(evidence: AccessEvidence) -> AccessEvidence:
    if not lacks_secrets_access(evidence):
        return evidence
    key = evidence.key.value.arn if isinstance(evidence.key, Known) else ""
    text = json.dumps(secrets_access(evidence.environment, evidence.secret_name, key))
    meant = Document(SECRETS_ACCESS, text, secrets_access_arn(evidence.environment))
    call = evidence.attached.call
    attached = evidence.attached.value if isinstance(evidence.attached, Known) else ()
    return replace(
        evidence,
        attached=Known((*attached, meant.arn), call),
        inline=evidence.inline if isinstance(evidence.inline, Known) else Known((), call),
        documents={**evidence.documents, meant.arn: Known(meant, call)},
        boundary=evidence.boundary if isinstance(evidence.role, Known) else None,
    )
