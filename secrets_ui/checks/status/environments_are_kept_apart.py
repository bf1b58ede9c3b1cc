"""Values differ and match between environments as the catalogue asks.

They are compared by keyed fingerprints.
"""

from collections.abc import Iterator

from ...domain.status.status import StatusFinding, join
from ...domain.status.watched import WatchedSecret
from .key_findings import is_readable, states, without_facts
from .saying import Saying

TITLE = "Environments are kept apart"
NEXT = "Give each environment a value of its own with Edit values."
say = Saying(__name__, "secret", "fingerprints of this and the other environments")


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    compared = [key for key in watched.spec.keys.values() if key.between_environments != "any"]
    if not compared:
        return
    if watched.facts is None or not is_readable(watched):
        yield from without_facts(
            say, watched, f"Whether {watched.name} differs from other environments where it must"
        )
        return
    found = states(watched)
    wrong = [state for state in found if state.kind in ("shared", "differs")]
    for state in wrong:
        text = f"{state.name} in {watched.name}: {state.state.text.lower()}, {state.state.hint}."
        yield say("warn", text.replace(": same as", ": the same as", 1), state.name)
    # In the order of the environments.
    unseen = list(
        dict.fromkeys(name for state in found if state.kind == "set" for name in state.uncompared)
    )
    if unseen:
        yield say(
            "unknown",
            f"{watched.name} was not compared with {join(unseen)}, where nobody has looked yet.",
        )
    elif not wrong:
        yield say(
            "pass",
            f"The keys of {watched.name} differ and match between environments as they must.",
        )
