"""Where AWS rotates the secret by itself, it does so in time and to the end."""

from collections.abc import Iterator

from ...domain.access.evidence import Known
from ...domain.secrets.rotation import failed_steps
from ...domain.status.status import StatusFinding
from ...domain.status.watched import WatchedSecret
from .saying import Saying

TITLE = "AWS's rotation works"
NEXT = (
    "Read the log of the rotation function, and set right what it names. AWS tries again by "
    "itself, or at once after: aws secretsmanager rotate-secret --secret-id NAME."
)
say = Saying(__name__, "secret", "DescribeSecret and ListSecretVersionIds")


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    """Nothing at all where AWS does not rotate it; secret_is_there tells of one not known."""
    if not isinstance(watched.secret, Known) or not watched.secret.value.rotation:
        return
    secret = watched.secret.value
    if secret.deleted:
        return
    if failed := failed_steps(secret, watched.now, watched.pending_since):
        yield say("warn", f"AWS's rotation of {watched.name} has failed. {failed}")
    else:
        yield say("pass", f"No rotation of {watched.name} by AWS is late, or has stopped half-way.")
