"""The secret exists, is not scheduled for deletion, and has a current version."""

from collections.abc import Iterator

from ...domain.access.evidence import Known, Missing
from ...domain.access.reading import why_unknown
from ...domain.secrets.health import deletion_text
from ...domain.status.status import StatusFinding
from ...domain.status.watched import WatchedSecret
from .saying import Saying

TITLE = "The secret exists"
NEXT = "Restore it if it is scheduled for deletion, and give it a value if it has none."
say = Saying(__name__, "secret", "ListSecrets, DescribeSecret")


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    found = watched.secret
    if isinstance(found, Missing):
        yield say(
            "fail",
            f"{watched.name} is in the catalogue, and AWS has no such secret.",
            page="secrets",
        )
    elif not isinstance(found, Known):
        yield say(
            "unknown", f"Whether {watched.name} exists is not known: {why_unknown('it', found)}."
        )
    elif found.value.deleted:
        when = deletion_text(found.value.deleted, watched.now)
        yield say(
            "fail",
            f"{watched.name} is scheduled for deletion, and its readers are refused. {when}.",
        )
    elif not found.value.current:
        yield say("fail", f"{watched.name} has no current version: none holds AWSCURRENT.")
    else:
        yield say("pass", f"{watched.name} exists and has a current version.")
