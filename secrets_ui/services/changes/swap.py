"""The compare-and-swap: AWSCURRENT moves from the version that an edit started from to the new one,
or not at all."""

from __future__ import annotations

import logging

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.errors import AwsError, AwsUnreachable, OutcomeUnknown, VersionConflict
from ...domain.secrets.secret import AWSCURRENT, was_made_current

log = logging.getLogger("miyabi.save")


def swap_current(gateway: SecretsManagerGateway, name: str, *, base: str, to: str) -> str:
    """Moves AWSCURRENT from `base` to `to`; returns the request id.

    With base "" the new version is the secret's first, which AWS makes current by itself. Raises
    VersionConflict, OutcomeUnknown, AwsErrors.
    """
    if not base:
        ensure_moved(gateway, name, base=base, to=to, error=None)
        return ""
    try:
        moved = gateway.update_secret_version_stage(name, AWSCURRENT, move_to=to, remove_from=base)
        return moved.call.request_id
    except AwsError as error:
        ensure_moved(gateway, name, base=base, to=to, error=error)
        return error.call.request_id


def ensure_moved(
    gateway: SecretsManagerGateway, name: str, *, base: str, to: str, error: AwsError | None
) -> None:
    """Asks AWS whether AWSCURRENT came to `to`, after `error` or for a first version.

    There is no blind retry: DescribeSecret says whether the label reached the new version (also
    when a later edit has moved it on), is still on the base, or went elsewhere. Raises `error`,
    VersionConflict, or OutcomeUnknown where the labels do not tell.
    """
    try:
        secret = gateway.describe_secret(name).value
    except AwsError:
        raise OutcomeUnknown(
            "AWS did not say whether it took the change, and cannot be asked just now."
        ) from None
    moved = was_made_current(secret, base, to)
    if moved:
        return
    if secret.current == base and error and not isinstance(error, AwsUnreachable):
        raise error
    if secret.current != base and (moved is False or (error and not _may_have_arrived(error))):
        raise VersionConflict(base, secret.current)
    # The lost call may still be on its way, or others have moved the label so often that it no
    # longer tells.
    raise OutcomeUnknown(
        "AWS did not answer the last step, so it is not certain whether it took the change."
    )


def _may_have_arrived(error: AwsError) -> bool:
    """Whether an attempt went unanswered, so that AWS may have carried it out."""
    return isinstance(error, AwsUnreachable) or error.call.retries > 0


def take_label_off(gateway: SecretsManagerGateway, name: str, label: str, version: str) -> bool:
    """Best effort. Returns whether it came off; a label that stays is taken off by settle_audit."""
    try:
        gateway.update_secret_version_stage(name, label, remove_from=version)
    except AwsError as error:
        log.warning(
            "a label stayed on a version",
            extra={"secret": name, "label": label, "code": error.call.code},
        )
        return False
    return True
