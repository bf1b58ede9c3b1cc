"""Puts a proposal whose base has moved on top of the version that is current now.

The values go from gateway to gateway, as in a restore.
"""

from contextlib import suppress

from ...domain.changes.edit import Edit, overlapping
from ...domain.environment import Environment
from ...domain.errors import AwsError, SecretNotEditable
from ...domain.people.actor import Actor
from ...domain.secrets.secret import Secret
from ...domain.session_scope import DESCRIBE
from ...domain.status.status import join
from ...models import AuditRecord
from .. import configuration
from ..aws_access import gateways
from ..secrets.version_facts import facts_of
from .decide import reject
from .idempotency import Saved
from .proposals import edit_on_top
from .recording import refuse_person
from .save import put_new_version

ANEW = "Make the change anew, from the version that is current now."


def put_on_top(environment: Environment, actor: Actor, record: AuditRecord) -> Saved:
    """A new proposal with the same keys; the old one ends, on record. Its author alone may.

    One that was cut off in between is finished by doing it again. Raises NotPermitted,
    SecretNotEditable, and what a save and a rejection raise.
    """
    if record.actor != actor.name:
        why = "Somebody else proposed this change, so they have to put it on top."
        refuse_person(environment, actor, record.secret, "put another's proposal on top", why)
    gateway = gateways(environment, actor, DESCRIBE.of(record.secret)).secrets_manager
    secret = gateway.describe_secret(record.secret).value
    edit = edit_on_top(record, secret.current)
    _ensure_apart(environment, actor, secret, record.base_version_id, edit)
    saved = put_new_version(environment, actor, edit)
    what = f"proposal {saved.sequence}" if saved.is_proposal else f"record {saved.sequence}"
    with suppress(SecretNotEditable):  # somebody ended it meanwhile
        reject(environment, actor, record, f"Put on top of the current version, as {what}.")
    return saved


def _ensure_apart(
    environment: Environment, actor: Actor, secret: Secret, base: str, edit: Edit
) -> None:
    """Raises SecretNotEditable where the base has not moved, or both have changed the same."""
    if secret.current == base:
        raise SecretNotEditable("Nobody has changed the secret since, so it waits as it is.")
    spec = configuration.spec_of(environment, secret.name)
    theirs = facts_of(environment, actor, secret, secret.current, spec)
    if not edit.restored_keys or theirs is None or theirs.kind != "object":
        raise SecretNotEditable(f"One of the two is no JSON object of keys and values. {ANEW}")
    try:
        before = facts_of(environment, actor, secret, base, spec)
    except AwsError:  # AWS may have collected it: nobody knows what they changed
        before = None
    if both := overlapping(edit, before, theirs) if before else edit.restored_keys:
        raise SecretNotEditable(f"Somebody else has changed {join(both)} since as well. {ANEW}")
