"""Secrets, their versions and staging labels, without values, as AWS describes and lists them."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..errors import SecretNotEditable
from .version import VersionConflict, short_version

AWSCURRENT, AWSPREVIOUS, AWSPENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"
EDIT_LABEL = "MIYABI-EDIT-"  # on a version while its edit is being saved
PROPOSAL_LABEL = "MIYABI-PROPOSAL-"  # on a version that waits for a second person
PIN_LABEL = "MIYABI-PIN-"  # on a version that somebody wants kept, before the name they gave it
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
class Rotation:
    """How AWS rotates a secret by itself.

    `function` is the rotation function's ARN, "" where the service that owns the secret rotates it.
    `schedule` is AWS's expression, such as rate(30 days), and `window` how long a rotation may
    begin after that, such as 3h; "" where there is none. `next` is the day by which AWS rotates.
    """

    function: str = ""
    schedule: str = ""
    window: str = ""
    last: datetime | None = None
    next: datetime | None = None


@dataclass(frozen=True)
class Secret:
    """A secret without its values.

    `versions` maps version ids to staging labels; versions without a label are not in it. `deleted`
    is when the deletion was asked for, in an answer of ListSecrets as well. AWS knows the day of
    `last_accessed` only. A `kms_key_id` of "" means the AWS managed key aws/secretsmanager.
    `rotation` is None where AWS does not rotate it.
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
    rotation: Rotation | None = None

    def version_with(self, label: str) -> str:
        """The id of the version that holds `label`, or "" when none does."""
        return next((version for version, labels in self.versions.items() if label in labels), "")

    @property
    def current(self) -> str:
        return self.version_with(AWSCURRENT)

    @property
    def rotation_enabled(self) -> bool:
        return self.rotation is not None

    @property
    def restore_command(self) -> str:
        """The command that takes back a scheduled deletion, safe to paste into a shell.

        "" when none is scheduled.
        https://docs.aws.amazon.com/cli/latest/reference/secretsmanager/restore-secret.html
        """
        if not self.deleted:
            return ""
        return self._command("restore-secret")

    @property
    def is_rotating(self) -> bool:
        """Whether a rotation is under way, or has stopped half-way; labels do not tell which.

        Its version holds AWSPENDING and has not been current yet. Beside AWSCURRENT or AWSPREVIOUS
        the label is of a rotation that is over, and none runs where rotation is off.
        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CancelRotateSecret.html
        """
        labels = self.versions.get(self.version_with(AWSPENDING), ())
        has_been_current = AWSCURRENT in labels or AWSPREVIOUS in labels
        return bool(labels) and not has_been_current and (self.rotation_enabled or not self.current)

    @property
    def left_pending(self) -> str:
        """The version on which a rotation that is over has left AWSPENDING, "" where none has."""
        return "" if self.is_rotating else self.version_with(AWSPENDING)

    @property
    def end_rotation_command(self) -> str:
        """The command that takes AWSPENDING off, safe to paste into a shell.

        "" where that helps nobody: the label is on no version, or harmless on the current one.
        """
        pending = self.version_with(AWSPENDING)
        if self.deleted or pending in ("", self.current):
            return ""
        label = ("--version-stage", AWSPENDING, "--remove-from-version-id", pending)
        return self._command("update-secret-version-stage", *label)

    def _command(self, verb: str, *more: str) -> str:
        words = ("aws", "secretsmanager", verb, "--secret-id", self.name)
        return shlex.join((*words, *more, "--region", self.region))

    @property
    def label_count(self) -> int:
        return sum(len(labels) for labels in self.versions.values())


def with_labelled(secret: Secret, versions: Sequence[SecretVersion]) -> tuple[SecretVersion, ...]:
    """The listed versions, newest first, and before them those with labels that are not among them:
    where there are many, AWS lists the oldest first."""
    listed = {version.version_id for version in versions}
    labelled = (SecretVersion(id, labels) for id, labels in secret.versions.items())
    return (*(one for one in labelled if one.version_id not in listed), *versions)


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


def why_elsewhere(secret: Secret) -> str:
    """Why a secret is not this console's to change, as a sentence; "" where it is."""
    if secret.owning_service:
        return f"It is managed by {secret.owning_service}. Change it there."
    if secret.primary_region and secret.primary_region != secret.region:
        return f"It is a replica. Change it in its primary Region, {secret.primary_region}."
    return ""


def why_closed(secret: Secret) -> str:
    """Why AWS, or whoever manages it, takes no change of the secret here; "" when nothing does."""
    if secret.deleted:
        return "It is scheduled for deletion. Restore it first."
    return why_elsewhere(secret)


def why_not_editable(secret: Secret, *, adds_label: bool = True) -> str:
    """Why an edit would be refused, as a sentence; "" when nothing prevents it.

    `adds_label` is false for the approval of a version that has its label already.
    """
    if why := why_closed(secret):
        return why
    if secret.is_rotating:
        return (
            "A rotation is running, or has stopped half-way: version "
            f"{short_version(secret.version_with(AWSPENDING))} holds AWSPENDING, and has not been "
            "current. A change would abandon it. Wait until it ends; if it has stopped, take the "
            "label off."
        )
    if adds_label and secret.label_count >= MAX_LABELS - 1:
        return (
            f"It already holds {secret.label_count} staging labels of {MAX_LABELS}. "
            "Decide on open proposals or take a pin off first."
        )
    return ""


def unlock_command(secret: Secret) -> str:
    """The command that ends what `why_not_editable` tells of, "" where no command does."""
    return secret.restore_command or (secret.end_rotation_command if secret.is_rotating else "")


def ensure_editable(secret: Secret, *, adds_label: bool = True) -> None:
    """Raises SecretNotEditable with the reason."""
    if reason := why_not_editable(secret, adds_label=adds_label):
        command = unlock_command(secret)
        words = "Restore it" if secret.deleted else "If it has stopped"
        raise SecretNotEditable(reason, remedy=f"{words}: {command}" if command else "")


def rotation_note(secret: Secret) -> str:
    """What a rotation that is over has left behind, as sentences; "" where it left nothing."""
    version = secret.left_pending
    if not version or secret.deleted:
        return ""
    if version == secret.current:
        return (
            "The last rotation has left AWSPENDING on the current version. That is harmless, and "
            "the next change that is made here takes it off."
        )
    return (
        "No rotation is running, but an earlier one has left AWSPENDING on version "
        f"{short_version(version)}, which is not current, and AWS begins no other while it is "
        "there. The next change that is made here takes it off."
    )


def ensure_current_version(secret: Secret, base: str) -> None:
    """Raises VersionConflict when AWSCURRENT is not on `base`, from which the edit started."""
    if secret.current != base:
        raise VersionConflict(base, secret.current)
