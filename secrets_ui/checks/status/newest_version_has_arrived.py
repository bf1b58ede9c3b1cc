"""The running instances have the newest version, by the lines that the loader writes.

Without these reader_is_up_to_date goes by CloudTrail and by dates.
"""

from collections.abc import Iterator
from datetime import timedelta

from ...domain.errors.wording import plural
from ...domain.status.status import StatusFinding
from ...domain.status.watched import WatchedSecret
from .saying import Saying

TITLE = "The newest version has arrived"
NEXT = (
    "See which instances have it under “Has it arrived?”. The others read it when they end, within "
    "hours, when the loader refreshes, or when the function’s configuration changes."
)
say = Saying(__name__, "secret", "the loader's lines, by FilterLogEvents")
LATE = timedelta(days=1)


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    found = watched.rollout
    if found is None:
        return
    if found.arrived:
        yield say("pass", f"The newest version of {watched.name} has arrived: {found.reason}")
    elif found.arrived is None:
        yield say(
            "unknown",
            f"Whether the newest version of {watched.name} has arrived is not known: "
            f"{found.reason}",
            weight="second opinion",
        )
    elif found.current_since and watched.now - found.current_since > LATE:
        # Another finding, so that it is told anew.
        yield say(
            "warn",
            f"An old version of {watched.name} is still read, "
            f"{plural((watched.now - found.current_since).days, 'day')} after it was "
            f"replaced: {found.reason}",
            "old version",
        )
    else:
        yield say(
            "warn",
            f"The newest version of {watched.name} has not arrived everywhere: {found.new} of "
            f"{plural(found.of, 'instance')} have it.",
        )
