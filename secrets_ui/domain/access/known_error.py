"""The form of a known error: how it is recognised, and which checks explain it."""

from dataclasses import dataclass
from enum import IntEnum


class Names(IntEnum):
    """What a text says of the cause. What says more beats what says less."""

    NOTHING = 0
    ACTION = 1
    """The action that was refused."""
    LAYER = 2
    """The layer of policies that refused it, whatever the action."""
    SPEAKER = 3
    """Who says it about what, whatever code of another service it quotes."""


@dataclass(frozen=True)
class KnownError:
    """An error and the checks that explain it, most likely first.

    All of `words` must be in the text, in any case; an entry with more of them is more specific.
    An entry without `codes` needs no code: it counts if no entry with one fits, or if it tells more
    of the cause (`names`).
    """

    codes: tuple[str, ...]
    words: tuple[str, ...]
    checks: tuple[str, ...]
    note: str = ""
    names: Names = Names.NOTHING
