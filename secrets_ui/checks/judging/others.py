"""Who else gains or loses by what is offered for one principal, in sentences."""

from collections.abc import Iterator, Sequence

from ...domain.access.account import EVERYBODY
from ...domain.access.evidence import AccessEvidence, Known, why_unavailable
from ...domain.access.gains import Others, Turn
from ...domain.access.reach import Ability

MOST = 5
"""So many others are named."""
_NOBODY = "Nobody else gains or loses by it, of all that are seen."


def describe_others(others: Others, after: AccessEvidence) -> tuple[str, bool]:
    """The sentences, "" where nothing changes that others share; and whether others gain, or may.

    `after` is the evidence with all that is offered.
    """
    turns = others.turns(after)
    if turns is None:
        return "", False
    found = list(_sentences(turns))
    lets_in = any(turn.gains for turn in turns)
    if not isinstance(others.details, Known):
        why = why_unavailable(others.details)
        what = "Who else gains or loses by it was not looked at"
        found.append(f"{what}: {EVERYBODY} are not known; {why}.")
        lets_in = True
    return " ".join(found) or _NOBODY, lets_in


def _sentences(turns: Sequence[Turn]) -> Iterator[str]:
    if gaining := [(turn, turn.gains) for turn in turns if turn.gains]:
        yield f"It lets others in as well: {_named(gaining)}."
    if losing := [(turn, turn.losses) for turn in turns if turn.losses]:
        yield f"It shuts others out as well: {_named(losing)}."
    if untold := [turn for turn in turns if turn.untold]:
        yield f"Of {len(untold)} more it cannot be told, before or after."


def _named(found: Sequence[tuple[Turn, Sequence[Ability]]]) -> str:
    named = [
        f"{turn.row.name} ({', '.join(ability.words for ability in abilities)})"
        for turn, abilities in found[:MOST]
    ]
    more = len(found) - MOST
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")
