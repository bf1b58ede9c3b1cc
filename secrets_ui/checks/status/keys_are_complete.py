"""The current version is a JSON object that holds the keys that the catalogue asks for.

Every required key is there, none is empty, and no other key is.
"""

from collections.abc import Iterator

from ...domain.status.status import StatusFinding
from ...domain.status.watched import WatchedSecret
from .key_findings import PROOF, is_readable, names, states, without_facts
from .saying import Saying

TITLE = "Keys are complete"
NEXT = "Set the keys with Edit values."
say = Saying(__name__, "secret", PROOF)
_KINDS = {
    "binary": "is binary",
    "not_object": "is JSON, but not an object",
    "not_json": "is not JSON",
}


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    if watched.facts is None or not is_readable(watched):
        yield from without_facts(say, watched, f"Whether {watched.name} holds its keys")
        return
    if watched.facts.kind != "object":
        kind = _KINDS[watched.facts.kind]
        text = f"The current version of {watched.name} {kind}, so no key can be taken from it."
        yield say("fail" if watched.in_catalog else "warn", text)
        return
    found = states(watched)
    lacking = [
        state
        for state in found
        if state.kind in ("missing", "empty") and state.state.level == "bad"
    ]
    odd = [
        state
        for state in found
        if state.kind == "unexpected" or (state.kind == "empty" and state not in lacking)
    ]
    if lacking:
        yield say("fail", f"{watched.name} lacks {names(lacking)}, which the catalogue requires.")
    for state in odd:
        yield say(
            "warn",
            f"{state.name} in {watched.name}: {state.state.text.lower()}, "
            f"{state.state.hint or 'no text'}.",
            state.name,
        )
    if not lacking and not odd:
        yield say("pass", f"{watched.name} holds its {len(watched.facts.keys)} keys.")
