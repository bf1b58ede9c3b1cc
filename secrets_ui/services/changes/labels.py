"""Moves a label of ours, and asks AWS what became of it where the answer does not tell."""

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.deadline import Deadline
from ...domain.errors import AwsError, OutcomeUnknown, SecretNotFound
from ...domain.secrets.secret import Secret


def move_label(
    gateway: SecretsManagerGateway,
    name: str,
    label: str,
    *,
    deadline: Deadline,
    to: str = "",
    off: str,
) -> str:
    """Puts the label on the version `to`, or takes it off the version `off`; returns the request
    id. With both, AWS refuses where it is not on `off`; with `to` alone, where it is on any other.

    There is no blind retry: after an error DescribeSecret decides. Raises OutcomeUnknown,
    AwsErrors.
    """
    try:
        moved = gateway.update_secret_version_stage(
            name, label, move_to=to, remove_from=off, deadline=deadline
        )
        return moved.call.request_id
    except AwsError as error:
        _ensure_moved(gateway, name, label, to, off, error)
        return error.call.request_id


def is_moved(secret: Secret, label: str, to: str, off: str) -> bool:
    """A label that is off is off, whoever took it."""
    at = secret.version_with(label)
    return at == to if to else at != off


def _ensure_moved(
    gateway: SecretsManagerGateway, name: str, label: str, to: str, off: str, error: AwsError
) -> None:
    """A label that is not there may still come, where a sending has no answer; on a secret that is
    gone there is none.

    Raises `error`, OutcomeUnknown.
    """
    try:
        if is_moved(gateway.describe_secret(name).value, label, to, off):
            return
    except SecretNotFound:
        if not to:
            return
        raise error from None
    except AwsError:
        if not error.call.unanswered:
            raise error from None
        raise OutcomeUnknown(
            "AWS did not say whether it moved the label, and cannot be asked just now."
        ) from None
    if not error.call.unanswered:
        raise error
    raise OutcomeUnknown(
        "AWS did not answer, so it is not certain whether the label will be moved."
    )
