"""Restores an earlier version: a new version with what that one holds, whole or single keys of it.

The value goes from gateway to gateway; the review knows facts alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ...domain.environment import Environment
from ...domain.errors import SecretNotEditable
from ...domain.people.actor import Actor
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.health import KeyState, key_states
from ...domain.secrets.history import Difference, differences
from ...domain.secrets.secret import Secret, ensure_editable
from ...domain.session_scope import DESCRIBE
from .. import configuration
from ..aws_access import gateways
from ..secrets.version_facts import facts_of, in_other_environments


@dataclass(frozen=True)
class RestoreRow:
    """A key that a restore would change. `state` is that of its value afterwards, None where the
    key is taken away; `can_be_alone` says whether it can be restored without the others.
    """

    difference: Difference
    state: KeyState | None
    can_be_alone: bool


@dataclass(frozen=True)
class RestoreReview:
    """`rows` is empty where both hold the same keys and values, or where one is no JSON object;
    `is_opaque` tells these apart.
    """

    secret: Secret
    version: str
    rows: tuple[RestoreRow, ...]
    staying: int
    is_opaque: bool = False

    @property
    def changes_nothing(self) -> bool:
        return not self.rows and not self.is_opaque


def review_restore(
    environment: Environment, actor: Actor, name: str, version: str
) -> RestoreReview:
    """What would change, without a value. Each version is read once, on record, where nobody has
    looked at it yet. Raises SecretNotEditable, AwsErrors, AuditUnavailable.
    """
    name = environment.secret_name(name)
    secret = gateways(environment, actor, DESCRIBE.of(name)).secrets_manager.describe_secret(name)
    ensure_editable(secret.value)
    spec = configuration.spec_of(environment, name)
    earlier = facts_of(environment, actor, secret.value, version, spec)
    current = facts_of(environment, actor, secret.value, secret.value.current, spec)
    if earlier is None or earlier.kind == "binary":
        raise SecretNotEditable("That version is binary. Restore it with the AWS CLI.")
    before = current or VersionFacts("", "object")
    if before.kind != "object" or earlier.kind != "object":
        return RestoreReview(secret.value, version, (), 0, is_opaque=True)
    others = in_other_environments(environment, spec)
    states = {key.name: key for key in key_states(spec, earlier, others)}
    rows = _rows(differences(before, earlier), states)
    touched = sum(row.difference.before is not None for row in rows)
    return RestoreReview(secret.value, version, rows, len(before.keys) - touched)


def _rows(found: Sequence[Difference], states: dict[str, KeyState]) -> tuple[RestoreRow, ...]:
    return tuple(
        RestoreRow(
            item,
            states.get(item.key) if item.after else None,
            can_be_alone=item.after is None or item.after.type == "string",
        )
        for item in found
    )
