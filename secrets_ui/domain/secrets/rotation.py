"""How AWS rotates a secret by itself, and what shows that it fails."""

from datetime import UTC, datetime, timedelta

from .secret import AWSPENDING, Secret
from .version import short_version

# AWS begins a rotation within its window, of a day at most, and tries a failed one again by itself:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
PATIENCE = timedelta(days=1)


def late_since(secret: Secret, now: datetime) -> datetime | None:
    """By when AWS should have rotated, where that is over for longer than AWS may take.

    NextRotationDate is in the past where rotations fail:
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
    """
    due = secret.rotation.next if secret.rotation else None
    return due if due and now - due > PATIENCE else None


def failed_steps(secret: Secret, now: datetime, pending_since: datetime | None) -> str:
    """Which of the four steps of a rotation cannot have gone well, as sentences; "" where nothing
    shows that one has failed.

    `pending_since` is when the version with AWSPENDING was made, None where that is not known.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
    """
    if secret.rotation is None or secret.deleted:
        return ""
    late = late_since(secret, now)
    if not secret.is_rotating:
        return _not_begun(late) if late else ""
    is_old = pending_since is not None and now - pending_since > PATIENCE
    return _half_way(secret, pending_since) if is_old or late else ""


def _not_begun(late: datetime) -> str:
    return (
        f"AWS should have rotated it by {day(late)}. No version waits under AWSPENDING, so the "
        "rotation function was not called, or failed at createSecret."
    )


def _half_way(secret: Secret, pending_since: datetime | None) -> str:
    since = f" since {day(pending_since)}" if pending_since else ""
    return (
        f"Version {short_version(secret.version_with(AWSPENDING))} holds AWSPENDING{since} and has "
        "not been current: of the steps after createSecret, one of setSecret, testSecret and "
        "finishSecret did not end well."
    )


def rotated_by_aws(secret: Secret) -> str:
    """That AWS rotates the secret, how and when, as sentences; "" where it does not."""
    found = secret.rotation
    if found is None:
        return ""
    by = "a rotation function" if found.function else secret.owning_service or "AWS itself"
    last = f" It last did on {day(found.last)}." if found.last else " It has not done so yet."
    following = f" The next rotation is due by {day(found.next)}." if found.next else ""
    schedule = f", {found.schedule}" if found.schedule else ""
    return f"AWS rotates this secret by {by}{schedule}.{last}{following}"


def day(moment: datetime) -> str:
    """As sentences name it, in UTC."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y}"
