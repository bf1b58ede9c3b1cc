"""Finds statements that look right but do nothing, or that refuse what they should allow.

Each comes with the statement that was probably meant.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ...domain.access.evidence import AccessEvidence, Document, Known
from ...domain.access.expected_policies import SECRETS_ACCESS, secrets_access, secrets_access_arn
from ...domain.access.policies import AttachedPolicy, list_policies, with_policy
from ...domain.iam import Statement
from .actions import note_actions
from .principals import note_deleted_principals
from .resources import note_resources
from .stages import note_stages
from .trap import StatementReview, TrapNote


@dataclass(frozen=True)
class Trap:
    """A statement with a mistake. `corrected` is the statement without any; None to remove it."""

    policy: AttachedPolicy
    statement: Statement
    corrected: dict[str, Any] | None
    note: TrapNote


@lru_cache(maxsize=16)
def find_traps(evidence: AccessEvidence) -> tuple[Trap, ...]:
    """Return every trap in the policies of the evidence."""
    return tuple(_find_traps(evidence))


def _find_traps(evidence: AccessEvidence) -> Iterator[Trap]:
    for policy in list_policies(evidence):
        for statement in policy.statements:
            review = StatementReview(evidence, policy, statement)
            for note_traps in (note_actions, note_resources, note_deleted_principals, note_stages):
                note_traps(review)
            yield from (Trap(policy, statement, review.corrected, note) for note in review.notes)


@lru_cache(maxsize=16)
def repaired(evidence: AccessEvidence) -> AccessEvidence:
    """Return the evidence without faults that have their own check: no traps, policy attached.

    What is still refused with this evidence is refused for another reason.
    """
    repaired_evidence = _with_secrets_access(evidence)
    for policy in dict.fromkeys(trap.policy for trap in find_traps(evidence)):
        repaired_evidence = with_policy(
            repaired_evidence,
            policy.location,
            policy.with_statements(corrected_statements(evidence, policy)),
        )
    return repaired_evidence


def corrected_statements(evidence: AccessEvidence, policy: AttachedPolicy) -> list[Any]:
    """Return a policy's statements without their traps."""
    corrected = {
        trap.statement.index: trap.corrected
        for trap in find_traps(evidence)
        if trap.policy == policy
    }
    documents = [corrected.get(index, document) for index, document in enumerate(policy.documents)]
    return [document for document in documents if document is not None]


def lacks_secrets_access(evidence: AccessEvidence) -> bool:
    """Whether the role is missing, or certainly lacks the secrets policy."""
    if isinstance(evidence.attached, Known):
        return not any(arn.endswith(f"/{SECRETS_ACCESS}") for arn in evidence.attached.value)
    return not isinstance(evidence.role, Known)


def _with_secrets_access(evidence: AccessEvidence) -> AccessEvidence:
    if not lacks_secrets_access(evidence):
        return evidence
    key = evidence.key.value.arn if isinstance(evidence.key, Known) else ""
    text = json.dumps(secrets_access(evidence.environment, evidence.secret_name, key))
    corrected = Document(SECRETS_ACCESS, text, secrets_access_arn(evidence.environment))
    call = evidence.attached.call
    attached = evidence.attached.value if isinstance(evidence.attached, Known) else ()
    return replace(
        evidence,
        attached=Known((*attached, corrected.arn), call),
        inline=evidence.inline if isinstance(evidence.inline, Known) else Known((), call),
        documents={**evidence.documents, corrected.arn: Known(corrected, call)},
        boundary=evidence.boundary if isinstance(evidence.role, Known) else None,
    )
