"""Names of objects that stand for checkpoints: a name holds all of one, so a list is enough."""

import re
from collections.abc import Iterable

from .chain import Checkpoint

_NAME = re.compile(r"(\d{12})-([0-9a-f]{64})")


def name_of(checkpoint: Checkpoint) -> str:
    """Its name below a prefix, in the order of sequences."""
    return f"{checkpoint.sequence:012}-{checkpoint.hash}"


def checkpoints_in(names: Iterable[str], prefix: str) -> list[Checkpoint]:
    """What the names stand for; what else lies below the prefix is none."""
    found = (_NAME.fullmatch(name.removeprefix(prefix)) for name in names)
    return [Checkpoint(int(m[1]), m[2], int(m[1])) for m in found if m]
