"""What the checks of a secret's keys share: key states, and why they may be unknown."""

from collections.abc import Iterator

from ...domain.access.evidence import Known
from ...domain.secrets.health import KeyState, key_states
from ...domain.status.status import StatusFinding, join
from ...domain.status.watched import WatchedSecret
from .saying import Saying

PROOF = "facts of the current version"


def is_readable(watched: WatchedSecret) -> bool:
    """Whether there is a current version with keys; secret_is_there reports the others."""
    return (
        isinstance(watched.secret, Known)
        and bool(watched.secret.value.current)
        and not watched.secret.value.deleted
    )


def states(watched: WatchedSecret) -> tuple[KeyState, ...]:
    return key_states(watched.spec, watched.facts, watched.others) if watched.facts else ()


def without_facts(say: Saying, watched: WatchedSecret, what: str) -> Iterator[StatusFinding]:
    """For missing facts: skipped without a current version, unknown where it was not read."""
    if not is_readable(watched):
        yield say("skipped", f"{what} was not checked: there is no current version.")
    elif watched.facts is None:
        why = watched.facts_problem or "its current version has not been read yet"
        yield say("unknown", f"{what} is not known: {why.rstrip('.')}.")


def names(found: list[KeyState]) -> str:
    return join([state.name for state in found])
