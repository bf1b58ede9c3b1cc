"""A second person has looked at every change that was made in an emergency."""

from collections.abc import Iterator

from ...domain.status.status import StatusFinding
from ...domain.status.watched import Surroundings
from .saying import Saying

TITLE = "A second person has looked at every emergency change"
say = Saying(__name__, "changes", "the audit log")


def check(around: Surroundings) -> Iterator[StatusFinding]:
    for made in around.emergencies:
        when = f"{made.at[:16].replace('T', ' ')} UTC"
        text = (
            f"{made.by} changed {made.secret} in an emergency ({when}), and no second person has "
            "looked at it. Somebody else who decides on changes does, on the page Changes."
        )
        yield say("fail", text, str(made.sequence), anchor=f"emergency-{made.sequence}")
    if not around.emergencies:
        yield say("pass", "No emergency change waits for a second person.")
