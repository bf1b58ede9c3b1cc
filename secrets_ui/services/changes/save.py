"""Saves an edit: compare-and-swap on AWS itself, with an intent on record before it and the outcome
after it."""

from __future__ import annotations

import logging
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from django.conf import settings

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.audit.actions import Action, ReadPurpose
from ...domain.audit.chain import version_id_of
from ...domain.changes.edit import Applied, Edit, apply_edit, ensure_sound
from ...domain.changes.origins import origins_of
from ...domain.deadline import Deadline
from ...domain.environment import Environment
from ...domain.errors import (
    AuditUnavailable,
    AwsError,
    ConsoleError,
    OutcomeUnknown,
    SecretNotEditable,
)
from ...domain.people.actor import Actor
from ...domain.secrets.facts import derive_facts
from ...domain.secrets.secret import (
    EDIT_LABEL,
    PROPOSAL_LABEL,
    Secret,
    ensure_current_version,
    ensure_editable,
)
from ...domain.secrets.secret_value import SecretValue
from ...domain.secrets.version import VersionConflict
from ...domain.session_scope import EDIT
from .. import audit, configuration
from ..audit.new_record import NO_DETAILS
from ..aws_access import gateways
from ..secrets.version_facts import keep_facts
from .idempotency import Saved, find_earlier, idempotency_key_of, wait_for
from .recording import record_done, record_refusal
from .rules import counted_once, ensure_rules_kept
from .swap import end_rotation, ensure_moved, rotation_to_end, swap_current, take_label_off
from .taking import ensure_may_take, with_taken

log = logging.getLogger("miyabi.save")


def put_new_version(environment: Environment, actor: Actor, edit: Edit) -> Saved:
    """Makes the edit the current version, or a proposal where the environment asks for a second
    person.

    Raises VersionConflict, SecretNotEditable, InvalidChange, InvalidDocument, NothingChanged,
    TooMany, VersionMoved, NotPermitted, AuditUnavailable, OutcomeUnknown and AwsErrors. Five
    calls to Secrets Manager; one more where another version or environment is read for it, and one
    where a rotation has left AWSPENDING behind.
    """
    name = environment.secret_name(edit.secret)
    ensure_rules_kept(environment, edit)
    ensure_sound(edit, configuration.spec_of(environment, name))
    ensure_may_take(environment, actor, edit)
    edit = replace(edit, idempotency_key=idempotency_key_of(environment, actor, edit))
    if saved := find_earlier(edit.idempotency_key):
        return saved
    with counted_once(environment, actor, name, edit.idempotency_key):
        return _read_and_save(environment, actor, edit)


def _read_and_save(environment: Environment, actor: Actor, edit: Edit) -> Saved:
    gateway = gateways(environment, actor, EDIT.of(edit.secret)).secrets_manager
    try:
        secret, base = _read_base(gateway, actor, edit)
    except (SecretNotEditable, VersionConflict) as refusal:
        # The same form, sent twice, may have been saved since the look-up above.
        if saved := find_earlier(edit.idempotency_key):
            return saved
        _record_refusal(environment, actor, edit, refusal)
        raise
    edit = with_taken(gateway, actor, edit)
    return _save(gateway, actor, edit, secret, apply_edit(edit, base))


def _record_refusal(
    environment: Environment, actor: Actor, edit: Edit, refusal: ConsoleError
) -> None:
    record_refusal(
        Action.SAVE,
        actor,
        refusal,
        environment=environment.name,
        secret=edit.secret,
        base_version_id=edit.base,
        keys=edit.touched,
        reason=edit.reason,
    )


def _read_base(
    gateway: SecretsManagerGateway, actor: Actor, edit: Edit
) -> tuple[Secret, SecretValue | None]:
    """The secret as it is now, and the value that the edit starts from, None where there is none
    yet.

    The read is on record before the first call: while nothing can be recorded, AWS is not asked at
    all.
    """
    if not edit.base:
        return _ensure_unchanged(gateway, edit), None
    with audit.act(
        Action.READ_VALUE,
        actor,
        environment=gateway.environment.name,
        secret=edit.secret,
        version_id=edit.base,
        details={"why": ReadPurpose.EDIT},
    ) as read:
        try:
            secret = _ensure_unchanged(gateway, edit)
        except VersionConflict as conflict:
            # It is the edit that conflicts; the read is just not made.
            read.not_applied(conflict.message)
            raise
        stored = gateway.get_secret_value(edit.secret, edit.base)
        read.done(request_id=stored.call.request_id)
    if stored.value.value is None:
        raise SecretNotEditable("It is binary. Change it with the AWS CLI.")
    return secret, stored.value.value


def _ensure_unchanged(gateway: SecretsManagerGateway, edit: Edit) -> Secret:
    """Raises SecretNotEditable, VersionConflict, AwsErrors."""
    secret = gateway.describe_secret(edit.secret).value
    ensure_editable(secret)
    ensure_current_version(secret, edit.base)
    return secret


def _save(
    gateway: SecretsManagerGateway, actor: Actor, edit: Edit, secret: Secret, applied: Applied
) -> Saved:
    is_proposal = gateway.environment.rules.second_person and bool(edit.base)
    on_record = audit.act(
        Action.PROPOSE if is_proposal else Action.SAVE,
        actor,
        environment=gateway.environment.name,
        secret=secret.name,
        base_version_id=edit.base,
        keys=applied.changed,
        reason=edit.reason,
        idempotency_key=edit.idempotency_key,
        details=_details(edit, secret, is_proposal=is_proposal) | origins_of(edit, applied),
    )
    try:
        with ExitStack() as after_the_record, on_record as act:
            version = _NewVersion.of(act, gateway, secret.name, edit.base, is_proposal=is_proposal)
            act.add_request(version.put(applied.value))
            details = NO_DETAILS
            if not is_proposal:
                after_the_record.callback(version.take_label_off, act)
                details = end_rotation(gateway, secret, act)
                act.add_request(version.make_current())
            record_done(act, "the change", version_id=version.id, details=details)
            keep_facts_of(gateway.environment, secret.name, secret.arn, version.id, applied.value)
    except audit.AlreadyIntended as earlier:
        return wait_for(earlier.sequence)
    return Saved(version.id, act.sequence, applied.changed, is_proposal)


def _details(edit: Edit, secret: Secret, *, is_proposal: bool) -> dict[str, object]:
    taken = {"restored": edit.restores} if edit.restores else {}
    if edit.copies:
        taken = {"copied_from": str(edit.copies)}
    source = {"replaces": edit.replaces} if edit.replaces else taken
    return {**source, **edit.part, **(NO_DETAILS if is_proposal else rotation_to_end(secret))}


@dataclass(frozen=True)
class _NewVersion:
    """The version that a save makes: put under a label of ours, then made current.

    The label comes off after the outcome is on record, so that a version whose outcome is missing
    is always found by its label.
    """

    gateway: SecretsManagerGateway
    secret: str
    base: str
    id: str
    is_proposal: bool
    deadline: Deadline

    @classmethod
    def of(
        cls,
        act: audit.Act,
        gateway: SecretsManagerGateway,
        secret: str,
        base: str,
        *,
        is_proposal: bool,
    ) -> _NewVersion:
        version_id = version_id_of(act.hash, settings.VERSION_ID_FORMAT)
        return cls(gateway, secret, base, version_id, is_proposal, act.deadline)

    @property
    def label(self) -> str:
        prefix = PROPOSAL_LABEL if self.is_proposal else EDIT_LABEL
        return f"{prefix}{self.id[:12]}"

    def put(self, value: SecretValue) -> str:
        """Returns the request id, "" where AWS refused and has the version all the same.

        Raises AwsErrors, VersionConflict, OutcomeUnknown.
        """
        try:
            put = self.gateway.put_secret_value(
                self.secret, value, token=self.id, label=self.label, deadline=self.deadline
            )
            return put.call.request_id
        except AwsError as error:
            if self.is_proposal:
                self._ensure_proposed(error)
                return error.call.request_id
            if self.base:
                raise
            # A secret's first version is live as soon as it is made, and an earlier attempt whose
            # reply was lost may have made it.
            ensure_moved(self.gateway, self.secret, base="", to=self.id, error=error)
            return ""

    def _ensure_proposed(self, error: AwsError) -> None:
        """A proposal is made once its version is there, whatever became of the answer.

        Raises `error` where nothing of it may still arrive, else OutcomeUnknown.
        """
        if not error.call.unanswered:
            raise error
        with suppress(AwsError):
            if self.id in self.gateway.describe_secret(self.secret).value.versions:
                return
        raise OutcomeUnknown("AWS did not answer, so it is not certain whether it took the change.")

    def make_current(self) -> str:
        """Returns the request id. Raises VersionConflict, OutcomeUnknown, AwsErrors."""
        return swap_current(
            self.gateway, self.secret, base=self.base, to=self.id, deadline=self.deadline
        )

    def take_label_off(self, act: audit.Act) -> None:
        if act.is_over:
            take_label_off(self.gateway, self.secret, self.label, self.id)


def keep_facts_of(
    environment: Environment, name: str, arn: str, version_id: str, value: SecretValue
) -> None:
    """The change is made and on record: facts that cannot be kept now are derived when a page needs
    them."""
    spec = configuration.spec_of(environment, name)
    try:
        keep_facts(arn, derive_facts(version_id, value, spec, settings.FINGERPRINT_KEY))
    except AuditUnavailable as error:
        log.warning("facts not kept", extra={"secret": name, "why": error.message})
