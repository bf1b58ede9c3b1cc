"""Says of a remedy in a policy that others share that nobody looked at who else gains by it."""

from collections.abc import Mapping
from typing import Any

from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.expected_policies import role_arn
from ...domain.iam import as_list
from .policy_changes import Change

_SHARED = ("key", "secret")
_NOT_LOOKED = (
    " Who else of the account gains by it was not looked at here: “What if…” tells those who may "
    "see everybody."
)


def not_looked(evidence: AccessEvidence, change: Change) -> str:
    """A sentence, "" where each statement that is new or changed names the Lambda's role alone."""
    if change.policy.location not in _SHARED:
        return ""
    role = evidence.role.value.arn if isinstance(evidence.role, Known) else ""
    own = [[arn] for arn in (role, role_arn(evidence.environment))]
    is_alone = [_named(document) in own for document in change.shown]
    return "" if is_alone and all(is_alone) else _NOT_LOOKED


def _named(document: Mapping[str, Any]) -> list[Any]:
    """Those of AWS; none where a service, or whoever else, is named beside them."""
    principal = document.get("Principal")
    if not isinstance(principal, Mapping) or set(principal) != {"AWS"}:
        return []
    return as_list(principal["AWS"])
