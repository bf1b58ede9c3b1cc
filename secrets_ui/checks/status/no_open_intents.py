"""Every act that was announced in the audit log has an outcome."""

from collections.abc import Iterator

from ...domain.status.status import StatusFinding
from ...domain.status.watched import Surroundings, WatchedSecret
from .saying import Saying

TITLE = "Every intent has an outcome"
NEXT = "manage.py settle_audit asks AWS what became of it, and ends it."
say = Saying(__name__, "audit", "the audit log")


def check(watched: WatchedSecret | Surroundings) -> Iterator[StatusFinding]:
    name = watched.name if isinstance(watched, WatchedSecret) else watched.environment.name
    for intent in watched.intents:
        where = f" on {intent.secret}" if intent.secret and intent.secret != name else ""
        record = f"record {intent.sequence}, {intent.at[:16].replace('T', ' ')} UTC"
        text = f"The outcome of {intent.action}{where} ({record}) is not on record."
        yield say("warn", text, str(intent.sequence), anchor=str(intent.sequence))
    if not watched.intents:
        yield say("pass", f"No intent on {name} is open.")
