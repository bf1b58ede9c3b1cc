"""The compare-and-swap: AWSCURRENT moves from the version that somebody saw to the new one, or not at all."""

from __future__ import annotations

import logging

from ..aws.secrets_manager import SecretsManagerGateway
from ..domain.errors import AwsError, AwsUnreachable, OutcomeUnknown, VersionConflict
from ..domain.secret import AWSCURRENT

log = logging.getLogger("miyabi.save")


def swap_current(gateway: SecretsManagerGateway, name: str, *, base: str, to: str) -> str:
    """Moves AWSCURRENT from `base` to `to`; returns the request id. With base "" the new version is the secret's first, which AWS
    makes current by itself. Raises VersionConflict, OutcomeUnknown, AwsErrors."""
    if not base:
        ensure_moved(gateway, name, base=base, to=to, error=None)
        return ""
    try:
        return gateway.update_secret_version_stage(name, AWSCURRENT, move_to=to, remove_from=base)
    except AwsError as error:
        ensure_moved(gateway, name, base=base, to=to, error=error)
        return error.call.request_id


def ensure_moved(gateway: SecretsManagerGateway, name: str, *, base: str, to: str, error: AwsError | None) -> None:
    """After a refusal or a lost reply, never a blind retry: DescribeSecret says whether the label is on the new version (done), on the
    base (not moved) or elsewhere (conflict)."""
    try:
        current = gateway.describe_secret(name).current
    except AwsError:
        raise OutcomeUnknown("AWS did not say whether it took the change, and cannot be asked just now.") from None
    if current == to:
        return
    if current != base:
        raise VersionConflict(base, current)
    if error is None or isinstance(error, AwsUnreachable):
        # The lost call may still be on its way, so this is not yet a no.
        raise OutcomeUnknown("AWS did not answer the last step, and has not taken the change yet.")
    raise error


def take_label_off(gateway: SecretsManagerGateway, name: str, label: str, version: str) -> None:
    """Best effort: a label that stays is taken off by settle_audit."""
    try:
        gateway.update_secret_version_stage(name, label, remove_from=version)
    except AwsError as error:
        log.warning("a label stayed on a version", extra={"secret": name, "label": label, "code": error.call.code})
