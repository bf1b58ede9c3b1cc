"""A rotation: a key gets a new value, and its old one is revoked. Which step is next follows from
what is known, so that whoever comes back, after whatever was cut off, is where the rotation is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ..errors import ConsoleError
from ..secrets.health import Level

State = Literal["done", "now", "later"]


class RotationMoved(ConsoleError):
    """The page showed another step than the rotation is at by now."""

    status = 409
    title = "The rotation is at another step by now"
    remedy = "Load its page again."


class Step(StrEnum):
    GET = "get"
    TRY = "try"
    SAVE = "save"
    ARRIVE = "arrive"
    REVOKE = "revoke"


STEPS = tuple(Step)


class Held(StrEnum):
    """Which value the key has now: the one that is to be replaced, or what became of it."""

    OLD = "old"
    # A save of the rotation was begun, and its outcome is not on record.
    OPEN = "open"
    WAITING = "waiting"  # for a second person
    NEW = "new"
    GONE = "gone"  # the key was removed
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Arrival:
    """Whether the new value has arrived where it is read, and how that is known; None where it
    cannot be told."""

    arrived: bool | None
    reason: str


@dataclass(frozen=True)
class Progress:
    """`new_level` is what is known of the new value where it was given out, None where it is not
    tried. `is_arrived`: it is on record that the new value is where it is read, or that somebody
    goes on without knowing. `is_over`: the old value was refused, or is said to be revoked."""

    held: Held
    new_level: Level | None = None
    is_arrived: bool = False
    is_over: bool = False

    @property
    def step(self) -> Step | None:
        """The step that is to be made now, None where all are. A new value that is refused is no
        reason to go on; one of which nothing is known is none to stop."""
        if self.is_over:
            return None
        if self.held in (Held.OPEN, Held.WAITING):
            return Step.SAVE
        if self.held is not Held.NEW:
            return Step.GET
        if self.new_level == "bad":
            return Step.TRY
        return Step.REVOKE if self.is_arrived else Step.ARRIVE

    def state_of(self, step: Step) -> State:
        if self.step is None or STEPS.index(step) < STEPS.index(self.step):
            return "done"
        return "now" if step is self.step else "later"
