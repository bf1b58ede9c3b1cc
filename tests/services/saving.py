"""Shorthand for tests that save, and that look at what is on record."""

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.idempotency import Saved
from secrets_ui.services.changes.save import put_new_version
from tests.processes.outside import Aws

HANA, KENJI = Actor("hana", "192.0.2.7"), Actor("kenji", "192.0.2.8")


def save(
    aws: Aws,
    secret: str,
    base: str,
    *,
    actor: Actor = HANA,
    once: str = "",
    document: str | None = None,
    **values: str | None,
) -> Saved:
    changes = tuple(
        Change(key, None if value is None else SecretValue(value)) for key, value in values.items()
    )
    whole = None if document is None else SecretValue(document)
    edit = Edit(
        secret,
        base,
        changes,
        document=whole,
        reason="OPS-1: a test",
        typed_name=secret,
        idempotency_key=once,
    )
    return put_new_version(aws.environment, actor, edit)


def on_record(secret: str, *, phase: str = "outcome") -> list[tuple[str, str]]:
    """Action and outcome of a secret's records, oldest first, reads of values left out."""
    rows = (
        AuditRecord.objects.filter(secret=secret, phase=phase)
        .exclude(action="value.read")
        .order_by("sequence")
    )
    return list(rows.values_list("action", "outcome"))


def intent_hash(secret: str) -> str:
    """The hash of the last save's intent: the id of the version that it makes."""
    intents = AuditRecord.objects.filter(secret=secret, phase="intent").exclude(action="value.read")
    return intents.order_by("-sequence").values_list("hash", flat=True)[0]
