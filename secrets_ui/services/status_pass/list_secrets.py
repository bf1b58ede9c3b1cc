"""First stage: the secrets that AWS lists, and what the pass before this one remembered of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...domain.access.evidence import Evidence, Known, NotAsked, evidence_of_error
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.secrets.secret import Secret
from ...domain.session_scope import WATCH
from ...models import StatusSnapshot
from ..aws_access import gateways
from .stage import RUNNER, Step


@dataclass(frozen=True, kw_only=True)
class Listed:
    """`before` is what the last pass remembered, by secret name; "" is the environment itself.

    `listed` is the number of secrets, or why they could not all be listed; `in_list` holds those
    that were listed, by name.
    """

    environment: Environment
    at: datetime
    before: Mapping[str, Mapping[str, Any]]
    listed: Evidence[int]
    in_list: Mapping[str, Known[Secret]]

    def is_first_sight(self, name: str) -> bool:
        """Whether no pass has a snapshot of this secret yet."""
        return "sight" not in self.before.get(name, {})


def list_secrets(environment: Environment, step: Step) -> Listed:
    """Pages that were read before an error are kept. Raises DatabaseError."""
    rows = StatusSnapshot.objects.filter(environment=environment.name)
    before = {name: json.loads(text) for name, text in rows.values_list("secret", "remembered")}
    at, found = datetime.now(UTC), dict[str, Known[Secret]]()
    listed: Evidence[int] = NotAsked("the list")
    gateway = gateways(environment, RUNNER, WATCH).secrets_manager
    try:
        for page in gateway.secret_pages():
            for secret in page.value.secrets:
                about = gateway.describe_call("ListSecrets", secret.name)
                found[secret.name] = Known(secret, about)
            listed = Known(len(found), page.call)
            step()
    except AwsError as error:
        listed = evidence_of_error(error)
    return Listed(environment=environment, at=at, before=before, listed=listed, in_list=found)
