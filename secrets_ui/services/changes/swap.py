"""The compare-and-swap: AWSCURRENT moves from the version that an edit started from to the new one,
or not at all."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.deadline import Deadline
from ...domain.errors import AwsError, AwsUnreachable, OutcomeUnknown
from ...domain.secrets.secret import (
    AWSCURRENT,
    AWSPENDING,
    Secret,
    ensure_editable,
    was_made_current,
)
from ...domain.secrets.version import VersionConflict
from .. import audit
from ..audit.new_record import NO_DETAILS

log = logging.getLogger("miyabi.save")


def swap_current(
    gateway: SecretsManagerGateway, name: str, *, base: str, to: str, deadline: Deadline
) -> str:
    """Moves AWSCURRENT from `base` to `to`, or does not send it; returns the request id.

    With base "" the new version is the secret's first, which AWS makes current by itself. Raises
    VersionConflict, OutcomeUnknown, AwsErrors.
    """
    if not base:
        ensure_moved(gateway, name, base=base, to=to, error=None)
        return ""
    try:
        moved = gateway.update_secret_version_stage(
            name, AWSCURRENT, move_to=to, remove_from=base, deadline=deadline
        )
        return moved.call.request_id
    except AwsError as error:
        ensure_moved(gateway, name, base=base, to=to, error=error)
        return error.call.request_id


def rotation_to_end(secret: Secret) -> Mapping[str, object]:
    """The details of an intent that `end_rotation` will go by: no record, no act."""
    version = secret.left_pending
    return {"takes_label_off": f"{AWSPENDING} from {version}"} if version else NO_DETAILS


def end_rotation(
    gateway: SecretsManagerGateway, secret: Secret, act: audit.Act
) -> Mapping[str, object]:
    """Takes AWSPENDING off where a rotation that is over has left it; returns the details for the
    record of the act, none where there was nothing to do.

    It comes before the swap, after which the label would look like that of a running rotation: on a
    version that is neither current nor previous. `remove_from` makes it safe: AWS refuses where a
    rotation has taken the label since. Raises SecretNotEditable, AwsErrors.
    """
    version = secret.left_pending
    if not version:
        return NO_DETAILS
    try:
        taken = gateway.update_secret_version_stage(
            secret.name, AWSPENDING, remove_from=version, deadline=act.deadline
        )
        act.add_request(taken.call.request_id)
    except AwsError as error:
        now = gateway.describe_secret(secret.name).value
        if now.version_with(AWSPENDING) == version:
            raise
        ensure_editable(now, adds_label=False)
        act.add_request(error.call.request_id)
    return {"label_taken_off": f"{AWSPENDING} from {version}"}


def ensure_moved(
    gateway: SecretsManagerGateway, name: str, *, base: str, to: str, error: AwsError | None
) -> None:
    """Asks AWS whether AWSCURRENT came to `to`, after `error` or for a first version.

    There is no blind retry: DescribeSecret says whether the label reached the new version (also
    when a later edit has moved it on), is still on the base, or went elsewhere. Raises `error`,
    VersionConflict, or OutcomeUnknown where the labels do not tell, or what was sent without an
    answer may still arrive.
    """
    if isinstance(error, AwsUnreachable) and not error.call.unanswered:
        # It was never sent, and whoever could not be reached need not be asked.
        raise error
    try:
        secret = gateway.describe_secret(name).value
    except AwsError:
        if error and not error.call.unanswered:
            raise error from None
        raise OutcomeUnknown(
            "AWS did not say whether it took the change, and cannot be asked just now."
        ) from None
    moved = was_made_current(secret, base, to)
    if moved:
        return
    # What is lost may still be on its way, also where AWSCURRENT is elsewhere now: it would take
    # effect once somebody has put the base back.
    if error is None or not error.call.unanswered:
        if error and secret.current == base:
            raise error
        if secret.current != base and (error or moved is False):
            raise VersionConflict(base, secret.current)
    raise OutcomeUnknown(
        "AWS did not answer the last step, so it is not certain whether it took the change."
    )


def take_label_off(gateway: SecretsManagerGateway, name: str, label: str, version: str) -> bool:
    """Best effort. Returns whether it came off; a label that stays is taken off by settle_audit."""
    deadline = Deadline.after(datetime.now(UTC))
    try:
        gateway.update_secret_version_stage(name, label, remove_from=version, deadline=deadline)
    except AwsError as error:
        log.warning(
            "a label stayed on a version",
            extra={"secret": name, "label": label, "code": error.call.code},
        )
        return False
    return True
