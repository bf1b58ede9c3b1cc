"""Nobody read the secret lately who is not expected and did not read it before."""

from collections.abc import Iterator

from ...domain.errors.wording import plural
from ...domain.secrets.dates import as_day
from ...domain.status.status import StatusFinding
from ...domain.status.watched import WatchedSecret
from ...domain.usage.reads import NewReader
from .saying import Saying

TITLE = "Nobody new reads it"
NEXT = (
    "Ask whoever runs the reader whether it was meant. If it was, name it under readers in the "
    "environments file, or let an admin acknowledge it; if not, remove the permission and "
    "rotate what it read."
)
MAY_BE_ACKNOWLEDGED = True
say = Saying(__name__, "reads", "CloudTrail")


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    if watched.new_readers is None:
        text = f"Who read {watched.name} recently is not known: {watched.readers_problem}."
        yield say("unknown", text, weight="second opinion")
        return
    for new in watched.new_readers:
        yield say("warn", _sentence(watched.name, new), f"{new.reader[:480]} {new.day}")
    if not watched.new_readers:
        yield say("pass", f"Nobody new has read {watched.name} recently.")


def _sentence(name: str, new: NewReader) -> str:
    outside = f" of the account {new.account}" if new.account else ""
    quiet = plural(new.quiet, "day")
    return f"{new.reader}{outside} read {name} on {as_day(new.day)}, and not in the {quiet} before."
