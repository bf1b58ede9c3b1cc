"""Secrets, their versions and staging labels, without values, as AWS describes and lists them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..errors import SecretNotEditable, VersionConflict

AWSCURRENT, AWSPREVIOUS, AWSPENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"
EDIT_LABEL = "MIYABI-EDIT-"  # on a version while its edit is being saved
PROPOSAL_LABEL = "MIYABI-PROPOSAL-"  # on a version that waits for a second person
# 20 labels a secret over all its versions, three of them AWS's own:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_LABELS = 20


@dataclass(frozen=True)
class SecretVersion:
    version_id: str
    labels: tuple[str, ...] = ()
    created: datetime | None = None
    last_accessed: datetime | None = None  # resolution: a day
    kms_key_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Secret:
    """A secret without its values.

    `versions` maps version ids to staging labels; versions without a label are not in it. `deleted`
    is when the deletion was asked for, in an answer of ListSecrets as well. AWS knows the day of
    `last_accessed` only. A `kms_key_id` of "" means the AWS managed key aws/secretsmanager.
    """

    arn: str
    name: str
    region: str = ""
    description: str = ""
    kms_key_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    created: datetime | None = None
    last_changed: datetime | None = None
    last_accessed: datetime | None = None
    deleted: datetime | None = None
    owning_service: str = ""
    primary_region: str = ""
    rotation_enabled: bool = False

    def version_with(self, label: str) -> str:
        """The id of the version that holds `label`, or "" when none does."""
        return next((version for version, labels in self.versions.items() if label in labels), "")

    @property
    def current(self) -> str:
        return self.version_with(AWSCURRENT)

    @property
    def restore_command(self) -> str:
        """The command that takes back a scheduled deletion, safe to paste into a shell.

        "" when none is scheduled.
        https://docs.aws.amazon.com/cli/latest/reference/secretsmanager/restore-secret.html
        """
        if not self.deleted:
            return ""
        words = ("aws", "secretsmanager", "restore-secret", "--secret-id", self.name)
        return shlex.join((*words, "--region", self.region))

    @property
    def label_count(self) -> int:
        return sum(len(labels) for labels in self.versions.values())


def was_made_current(secret: Secret, base: str, version: str) -> bool | None:
    """Whether AWSCURRENT ever moved from `base` to `version`; None when the labels cannot tell.

    AWS leaves AWSPREVIOUS on the version that AWSCURRENT was taken from, so the labels remember one
    step. They cannot show that somebody moved AWSCURRENT back to `base` and on again.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
    """
    last_two = (secret.current, secret.version_with(AWSPREVIOUS))
    if version in last_two:
        return True
    # With no base, the version would have been the secret's first, so a label on none says no.
    return False if base in last_two else None


def why_not_editable(secret: Secret, *, adds_label: bool = True) -> str:
    """Why an edit would be refused, as a sentence; "" when nothing prevents it.

    `adds_label` is false for the approval of a version that has its label already.
    """
    if secret.deleted:
        return "It is scheduled for deletion. Restore it first."
    if secret.owning_service:
        return f"It is managed by {secret.owning_service}. Change it there."
    if secret.primary_region and secret.primary_region != secret.region:
        return f"It is a replica. Change it in its primary Region, {secret.primary_region}."
    pending = secret.version_with(AWSPENDING)
    if pending and pending != secret.current:
        return (
            "A rotation is running (a version holds AWSPENDING), and a new version would abandon "
            "it. Wait until it ends."
        )
    if adds_label and secret.label_count >= MAX_LABELS - 1:
        return (
            f"It already holds {secret.label_count} staging labels of {MAX_LABELS}. "
            "Decide on open proposals first."
        )
    return ""


def ensure_editable(secret: Secret, *, adds_label: bool = True) -> None:
    """Raises SecretNotEditable with the reason."""
    if reason := why_not_editable(secret, adds_label=adds_label):
        restore = secret.restore_command
        raise SecretNotEditable(reason, remedy=f"Restore it: {restore}" if restore else "")


def ensure_current_version(secret: Secret, base: str) -> None:
    """Raises VersionConflict when AWSCURRENT is not on `base`, from which the edit started."""
    if secret.current != base:
        raise VersionConflict(base, secret.current)
