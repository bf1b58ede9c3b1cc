"""First stage: the secrets that AWS lists, and what the pass before this one remembered of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...domain.access.evidence import Evidence, Known, unlearnt
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.secrets.secret import Secret
from ...domain.session_scope import WATCH
from ...models import StatusSnapshot
from ..access.share import call_of
from ..aws_access import secrets_manager
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
    """Raises DatabaseError."""
    rows = StatusSnapshot.objects.filter(environment=environment.name)
    before = {name: json.loads(text) for name, text in rows.values_list("secret", "remembered")}
    at, found = datetime.now(UTC), dict[str, Known[Secret]]()
    listed: Evidence[int]
    try:
        _read_pages(environment, found, step)
        listed = Known(len(found), call_of("secretsmanager:ListSecrets", environment))
    except AwsError as error:
        listed = unlearnt(error)
    return Listed(environment=environment, at=at, before=before, listed=listed, in_list=found)


def _read_pages(environment: Environment, found: dict[str, Known[Secret]], step: Step) -> None:
    """Fills `found`, which keeps the pages that were read before an error. Raises AwsError."""
    gateway, token = secrets_manager(environment, RUNNER, WATCH), ""
    while True:
        page = gateway.list_secrets(token=token)
        for secret in page.secrets:
            found[secret.name] = Known(secret, gateway.about("ListSecrets", secret.name))
        token = page.next_token
        step()
        if not token:
            return
