"""What was done without waiting for the audit log is in it."""

from collections.abc import Iterator

from ...domain.errors.wording import plural
from ...domain.status.status import StatusFinding
from ...domain.status.watched import Records
from .saying import Saying

TITLE = "No record waits for the audit log"
say = Saying(__name__, "audit", "the records that wait")


def check(records: Records) -> Iterator[StatusFinding]:
    if records.waiting:
        waits = plural(records.waiting, "record waits", "records wait")
        yield say(
            "warn",
            f"{waits} for the audit log, which cannot be written: somebody signed out, or lost a "
            "session, a role or an account.",
        )
