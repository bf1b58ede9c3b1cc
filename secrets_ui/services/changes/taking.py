"""Reads what an edit restores or copies, on record where it is read: from gateway to gateway."""

from collections.abc import Mapping

from ...aws.secrets_manager import SecretsManagerGateway, StoredValue
from ...domain.audit.actions import Action, Phase, ReadPurpose
from ...domain.changes.edit import Edit, Source, ensure_may_be_equal, ensure_sound
from ...domain.environment import Environment
from ...domain.errors import NotPermitted, SecretNotEditable, VersionMoved
from ...domain.people.actor import Actor
from ...domain.secrets.secret import AWSCURRENT, PROPOSAL_LABEL
from ...domain.secrets.secret_value import SecretValue
from ...domain.secrets.version import short_version
from ...domain.session_scope import READ
from ...models import AuditRecord
from .. import audit, configuration
from ..audit.new_record import NO_DETAILS, About
from ..aws_access import gateways
from .recording import record_refusal


def with_taken(gateway: SecretsManagerGateway, actor: Actor, edit: Edit) -> Edit:
    """The edit with what its earlier version, or another environment, holds; the edit itself where
    it takes nothing. What it brings has to be sound as any edit's.

    Raises SecretNotEditable, InvalidChange, VersionMoved, AwsErrors, AuditUnavailable.
    """
    if edit.restores:
        about: About = {
            "environment": gateway.environment.name,
            "secret": edit.secret,
            "version_id": edit.restores,
        }
        why = ReadPurpose.ON_TOP if edit.replaces else ReadPurpose.RESTORE
        stored = _read(gateway, actor, why, about)
        restored = edit.with_restored(_text_in(stored, "Restore it with the AWS CLI."))
        ensure_sound(restored, configuration.spec_of(gateway.environment, edit.secret))
        return restored
    if edit.copies:
        return _with_copied(gateway.environment, actor, edit, edit.copies)
    return edit


def ensure_may_take(environment: Environment, actor: Actor, edit: Edit) -> None:
    """Whether a value may be copied here at all, before anything is asked of AWS.

    Raises InvalidChange for a key that must differ, and NotPermitted, on record, where a value that
    is never shown would come to where it can be; AuditUnavailable.
    """
    if edit.copies is None:
        return
    ensure_may_be_equal(edit.copies.key, configuration.spec_of(environment, edit.secret))
    source = configuration.get_environment(edit.copies.environment)
    try:
        ensure_may_leave(source, environment)
    except NotPermitted as refusal:
        about: About = {
            "environment": environment.name,
            "secret": edit.secret,
            "keys": edit.touched,
            "reason": edit.reason,
        }
        record_refusal(Action.SAVE, actor, refusal, **about)
        raise


def ensure_may_leave(source: Environment, target: Environment) -> None:
    """Raises NotPermitted where `source` is write-only and `target` is not."""
    if target.rules.reveal and not source.rules.reveal:
        raise NotPermitted(
            f"No value is ever shown in {source.name}, and in {target.name} it could be.",
            remedy=f"Set the value in {target.name} itself.",
        )


def _with_copied(target: Environment, actor: Actor, edit: Edit, source: Source) -> Edit:
    place = configuration.get_environment(source.environment)
    about: About = {
        "environment": place.name,
        "secret": source.secret,
        "version_id": source.version,
        "keys": [source.key],
        "reason": edit.reason,
    }
    gateway = gateways(place, actor, READ.of(source.secret)).secrets_manager
    copied_to = {"copied_to": f"{edit.secret} in {target.name}"}
    stored = _read(gateway, actor, ReadPurpose.COPY, about, copied_to)
    _ensure_in_use(stored, place, actor)
    copied = edit.with_copied(_text_in(stored, "Copy it with the AWS CLI."))
    ensure_sound(copied, configuration.spec_of(target, edit.secret))
    return copied


def _read(
    gateway: SecretsManagerGateway,
    actor: Actor,
    why: ReadPurpose,
    about: About,
    details: Mapping[str, object] = NO_DETAILS,
) -> StoredValue:
    """The version that `about` names, read on record."""
    with audit.act(Action.READ_VALUE, actor, details={"why": why, **details}, **about) as read:
        stored = gateway.get_secret_value(about["secret"], about["version_id"])
        read.done(request_id=stored.call.request_id)
    return stored.value


def _ensure_in_use(stored: StoredValue, place: Environment, actor: Actor) -> None:
    """A value that was replaced meanwhile is not carried on. One that is proposed may be, by its
    author: nobody is shown what others propose. Raises VersionMoved."""
    is_proposed = any(label.startswith(PROPOSAL_LABEL) for label in stored.labels)
    if AWSCURRENT not in stored.labels and not (is_proposed and _is_by(actor, stored, place)):
        raise VersionMoved(
            f"Version {short_version(stored.version_id)} is not the current one in {place.name} "
            "any more, so its value was not copied."
        )


def _is_by(actor: Actor, stored: StoredValue, place: Environment) -> bool:
    proposed = AuditRecord.objects.filter(
        environment=place.name,
        version_id=stored.version_id,
        phase=Phase.OUTCOME,
        action=Action.PROPOSE,
    )
    return proposed.filter(actor=actor.name).exists()


def _text_in(stored: StoredValue, instead: str) -> SecretValue:
    if stored.value is None:
        raise SecretNotEditable(f"That version is binary. {instead}")
    return stored.value
