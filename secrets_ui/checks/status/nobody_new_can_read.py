"""Nobody has come to read a secret, or to decide who does, whom the environment does not expect."""

from collections.abc import Iterator

from ...domain.access.who import is_expected
from ...domain.status.status import StatusFinding
from ...domain.status.watched import WatchedSecret
from .saying import Saying

TITLE = "Nobody new can read it"
NEXT = (
    "Who can read names the statements that decide. Take the right away there, or name the "
    "principal among the environment’s readers."
)
MAY_BE_ACKNOWLEDGED = True
say = Saying(__name__, "secret", "IAM’s list of roles and users, and the policies that decide")


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    """Nothing at all before the first look, and where the console may not look."""
    kept = watched.rights
    if kept is None:
        return
    found = kept.standing()
    new = [change for change in found if not is_expected(watched.environment, change.principal)]
    for change in new:
        yield say("warn", change.describe(watched.name), f"{change.principal[:480]} {change.at}")
    if kept.gaps:
        text = f"Who can read {watched.name} could not be told at the last look: {kept.gaps[0]}"
        yield say("unknown", text, weight="second opinion")
    elif not new:
        yield say("pass", f"Nobody new can read {watched.name}.")
