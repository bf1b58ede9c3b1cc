"""Saves an edit: compare-and-swap on AWS itself, with an intent on record before it and the outcome after it."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.audit.chain import version_id_of
from ...domain.changes.edit import Applied, Edit, apply_edit, ensure_sound
from ...domain.environment import Environment
from ...domain.errors import (
    AuditUnavailable,
    AwsError,
    AwsUnreachable,
    ConsoleError,
    InvalidChange,
    OutcomeUnknown,
    SecretNotEditable,
    TooManyWrites,
    VersionConflict,
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
from ...domain.session_scope import EDIT
from ...models import AuditRecord
from .. import audit, configuration
from ..audit.who_changed import WRITES
from ..aws_access import gateways
from ..secrets.version_facts import keep_facts
from .idempotency import SAVE_DEADLINE, Saved, same_form, sending_of, wait_for
from .swap import ensure_moved, swap_current, take_label_off

log = logging.getLogger("miyabi.save")


def put_new_version(environment: Environment, actor: Actor, edit: Edit) -> Saved:
    """Makes the edit the current version, or a proposal where the environment asks for a second person.

    Raises VersionConflict, SecretNotEditable, InvalidChange, InvalidDocument, NothingChanged, TooManyWrites, AuditUnavailable,
    OutcomeUnknown and AwsErrors. Five calls to Secrets Manager.
    """
    name = environment.secret_name(edit.secret)
    ensure_rules_kept(environment, edit)
    ensure_sound(edit, configuration.spec_of(environment, name))
    edit = replace(edit, once=sending_of(environment, actor, edit))
    if saved := same_form(edit):
        return saved
    ensure_not_too_many(environment, actor, name)
    gateway = gateways(environment, actor, EDIT.of(name)).secrets_manager
    try:
        secret, base = _read_base(gateway, actor, edit)
    except (SecretNotEditable, VersionConflict) as refusal:
        if saved := same_form(edit):  # its double came to an end between the two looks
            return saved
        _record_refusal(environment, actor, edit, refusal)
        raise
    applied = apply_edit(edit, base)
    is_proposal = environment.rules.second_person and bool(edit.base)
    return _Save(
        gateway, actor, edit, secret, applied, "secret.propose" if is_proposal else "secret.save"
    ).run()


def ensure_rules_kept(environment: Environment, edit: Edit) -> None:
    """The environment's rules, held on the server whatever the form showed. Raises InvalidChange."""
    if environment.rules.reason_required and not edit.reason.strip():
        raise InvalidChange(f"{environment.name} asks for a reason.", key="reason")
    if environment.rules.type_the_name and edit.typed_name != edit.secret:
        raise InvalidChange(
            f"Type the secret's whole name, {edit.secret}, to confirm a change in {environment.name}.",
            key="typed_name",
        )


def ensure_not_too_many(environment: Environment, actor: Actor, name: str) -> None:
    """Raises TooManyWrites, and records it. Counted in the audit table, so over all workers."""
    since = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S")
    written = AuditRecord.objects.filter(
        actor=actor.name, at__gte=since, phase="intent", action__in=WRITES
    ).count()
    if written >= settings.WRITES_PER_MINUTE:
        audit.record("rate.limited", actor, "refused", environment=environment.name, secret=name)
        raise TooManyWrites(
            f"{written} changes in the last minute; at most {settings.WRITES_PER_MINUTE} are allowed. Wait a minute."
        )


def _record_refusal(
    environment: Environment, actor: Actor, edit: Edit, refusal: ConsoleError
) -> None:
    outcome = "conflict" if isinstance(refusal, VersionConflict) else "refused"
    audit.record(
        "secret.save", actor, outcome, environment=environment.name, secret=edit.secret, base_version_id=edit.base,
        keys=edit.touched, reason=edit.reason, details={"why": refusal.message},
    )  # fmt: skip


def _read_base(
    gateway: SecretsManagerGateway, actor: Actor, edit: Edit
) -> tuple[Secret, SecretValue | None]:
    """The secret as it is now, and the value that the edit starts from, None where there is none yet. The read is on record before the
    first call: while nothing can be recorded, AWS is not asked at all."""
    if not edit.base:
        return _ensure_as_seen(gateway, edit), None
    where = {
        "environment": gateway.environment.name,
        "secret": edit.secret,
        "version_id": edit.base,
    }
    read = audit.record_intent("value.read", actor, **where, details={"why": "to apply an edit"})
    try:
        secret = _ensure_as_seen(gateway, edit)
        stored = gateway.get_secret_value(edit.secret, edit.base)
    except AwsError as error:
        audit.record_outcome(
            read,
            "value.read",
            actor,
            "failed",
            **where,
            request_ids=[error.call.request_id],
            details={"code": error.call.code},
        )
        raise
    except ConsoleError as refusal:
        audit.record_outcome(
            read, "value.read", actor, "not_applied", **where, details={"why": refusal.message}
        )
        raise
    audit.record_outcome(
        read, "value.read", actor, "done", **where, request_ids=[stored.call.request_id]
    )
    if stored.value.value is None:
        raise SecretNotEditable("It is binary. Change it with the AWS CLI.")
    return secret, stored.value.value


def _ensure_as_seen(gateway: SecretsManagerGateway, edit: Edit) -> Secret:
    """Raises SecretNotEditable, VersionConflict, AwsErrors."""
    secret = gateway.describe_secret(edit.secret).value
    ensure_editable(secret)
    ensure_current_version(secret, edit.base)
    return secret


class _Save:
    """One save from its intent on; each step may fail, and each failure ends the intent with what is known. The label comes off after
    the outcome is on record, so that a version whose outcome is missing can always be told by its label."""

    def __init__(
        self,
        gateway: SecretsManagerGateway,
        actor: Actor,
        edit: Edit,
        secret: Secret,
        applied: Applied,
        action: str,
    ) -> None:
        self.gateway, self.actor, self.edit, self.secret, self.applied, self.action = (
            gateway,
            actor,
            edit,
            secret,
            applied,
            action,
        )
        self.request_ids: list[str] = []
        self.is_put = False

    def run(self) -> Saved:
        try:
            self.intent = audit.record_intent(
                self.action, self.actor, **self._where(), once=self.edit.once
            )
        except audit.AlreadyIntended as earlier:
            return wait_for(earlier.sequence)
        self.deadline = (
            time.time() + SAVE_DEADLINE
        )  # by the clock that settle_audit goes by, which a suspended machine cannot stop
        self.token = version_id_of(self.intent.hash, settings.VERSION_ID_FORMAT)
        is_proposal = self.action == "secret.propose"
        self.label = f"{PROPOSAL_LABEL if is_proposal else EDIT_LABEL}{self.token[:12]}"
        try:
            self._put()
            if not is_proposal:
                self._swap()
        except OutcomeUnknown:
            raise
        except ConsoleError as error:
            self._fail(error)
            raise
        self._succeed()
        return Saved(self.token, self.intent.sequence, self.applied.changed, is_proposal)

    def _where(self) -> dict[str, Any]:
        return {
            "environment": self.gateway.environment.name, "secret": self.secret.name, "base_version_id": self.edit.base,
            "keys": self.applied.changed, "reason": self.edit.reason,
        }  # fmt: skip

    def _put(self) -> None:
        try:
            put = self.gateway.put_secret_value(
                self.secret.name, self.applied.value, token=self.token, label=self.label
            )
            self.request_ids.append(put.call.request_id)
        except AwsError as error:
            if self.edit.base:
                raise
            # A secret's first version is live as soon as it is made, so this refusal may come after an unheard yes.
            ensure_moved(self.gateway, self.secret.name, base="", to=self.token, error=error)
        self.is_put = True

    def _swap(self) -> None:
        if time.time() > self.deadline:
            call = self.gateway.describe_call("UpdateSecretVersionStage", self.secret.name)
            raise AwsUnreachable("AWS took too long, so the change was not made current.", call)
        self.request_ids.append(
            swap_current(self.gateway, self.secret.name, base=self.edit.base, to=self.token)
        )

    def _fail(self, error: ConsoleError) -> None:
        details = {"why": error.message}
        if isinstance(error, AwsError):
            self.request_ids.append(error.call.request_id)
            details["code"] = error.call.code
        outcome = "conflict" if isinstance(error, VersionConflict) else "failed"
        audit.record_outcome(
            self.intent,
            self.action,
            self.actor,
            outcome,
            **self._where(),
            request_ids=self.request_ids,
            details=details,
        )
        if self.is_put:
            take_label_off(self.gateway, self.secret.name, self.label, self.token)

    def _succeed(self) -> None:
        try:
            audit.record_outcome(
                self.intent,
                self.action,
                self.actor,
                "done",
                **self._where(),
                version_id=self.token,
                request_ids=self.request_ids,
            )
        except AuditUnavailable:
            raise OutcomeUnknown(
                "AWS took the change, but its outcome could not be recorded."
            ) from None
        self._keep_facts()
        if self.action != "secret.propose":
            take_label_off(self.gateway, self.secret.name, self.label, self.token)

    def _keep_facts(self) -> None:
        """The change is made and on record: facts that cannot be kept now are derived when somebody looks."""
        spec = configuration.spec_of(self.gateway.environment, self.secret.name)
        try:
            keep_facts(
                self.secret.arn,
                derive_facts(self.token, self.applied.value, spec, settings.FINGERPRINT_KEY),
            )
        except AuditUnavailable as error:
            log.warning("facts not kept", extra={"secret": self.secret.name, "why": error.message})
