"""Every value has the format that the catalogue gives its key."""

from collections.abc import Iterator

from ...domain.status.status import StatusFinding
from ...domain.status.watched import WatchedSecret
from .key_findings import PROOF, is_readable, states, without_facts
from .saying import Saying

TITLE = "Values have their formats"
NEXT = "Replace the value with Edit values."
say = Saying(__name__, "secret", PROOF)


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    if watched.facts is None or not is_readable(watched):
        yield from without_facts(
            say, watched, f"Whether the values of {watched.name} have their formats"
        )
        return
    if watched.facts.kind != "object":
        yield say("skipped", "Formats were not checked: the version is no JSON object.")
        return
    wrong = [state for state in states(watched) if state.kind == "wrong"]
    hints = [
        state for state in states(watched) if state.kind == "set" and state.state.level == "warn"
    ]
    for state in wrong:
        yield say(
            "fail",
            f"{state.name} in {watched.name} has a wrong format: {state.state.hint.rstrip('.')}.",
            state.name,
        )
    for state in hints:
        yield say(
            "warn", f"{state.name} in {watched.name}: {state.state.hint.rstrip('.')}.", state.name
        )
    if not wrong and not hints:
        yield say("pass", f"The values of {watched.name} have the formats of their keys.")
