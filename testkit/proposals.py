"""Proposals that wait, by their number, as a page finds them before anybody decides."""

from secrets_ui.domain.environment import Environment
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.proposals import ensure_waiting, find_proposal


def waiting_proposal(environment: Environment, sequence: int) -> AuditRecord:
    """Raises SecretNotEditable where none waits."""
    return ensure_waiting(find_proposal(environment, sequence))
