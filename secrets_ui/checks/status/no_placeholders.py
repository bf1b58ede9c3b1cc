"""No key still holds a placeholder."""

from collections.abc import Iterator

from ...domain.status.status import StatusFinding
from ...domain.status.watched import WatchedSecret
from .key_findings import PROOF, is_readable, names, states, without_facts
from .saying import Saying

TITLE = "No placeholder is left"
NEXT = "Replace the placeholder with Edit values."
say = Saying(__name__, "secret", PROOF)


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    if watched.facts is None or not is_readable(watched):
        yield from without_facts(say, watched, f"Whether {watched.name} holds placeholders")
        return
    found = [state for state in states(watched) if state.kind == "placeholder"]
    if found:
        yield say("warn", f"{watched.name} still has placeholders in {names(found)}.")
    elif watched.facts.kind == "object":
        yield say("pass", f"No key of {watched.name} holds a placeholder.")
