"""The audit chain holds, up to the newest record."""

from collections.abc import Iterator

from ...domain.status.status import StatusFinding
from ...domain.status.watched import Records
from .saying import Saying

TITLE = "The audit chain holds"
say = Saying(__name__, "audit", "the chain's hashes")


def check(records: Records) -> Iterator[StatusFinding]:
    for text in records.breaks[:3]:
        yield say("fail", f"The audit chain does not hold: {text}", text)
    if records.not_kept:
        yield say(
            "warn",
            f"The audit chain could not be compared with the checkpoints in S3: {records.not_kept}",
            "not kept",
        )
    if not records.breaks:
        full = (
            f", all of it at {records.full_at[:16].replace('T', ' ')} UTC"
            if records.full_at
            else ""
        )
        yield say(
            "pass",
            f"The audit chain holds up to record {records.verified}{full}. "
            f"Checkpoint {records.verified}:{records.checkpoint}.",
        )
