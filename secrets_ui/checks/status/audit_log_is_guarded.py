"""Nobody can change the audit log unnoticed, and nobody has power that is not on record."""

from collections.abc import Iterator

from ...domain.status.status import StatusFinding
from ...domain.status.watched import Records
from .saying import Saying

TITLE = "The audit log is guarded"
say = Saying(__name__, "audit", "the database")


def check(records: Records) -> Iterator[StatusFinding]:
    for about, text in records.unguarded:
        yield say("fail", text, about)
    if not records.unguarded:
        yield say(
            "pass",
            "The database refuses to change audit records, every role has its record, and nothing "
            "took effect that is on record as not carried out.",
        )
