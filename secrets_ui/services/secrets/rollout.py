"""Has the current version arrived where it is read."""

from __future__ import annotations

from dataclasses import dataclass

from ...domain.environment import Environment
from ...domain.people.actor import Actor


@dataclass(frozen=True)
class Rollout:
    """`arrived` None: it cannot be told, for `reason`."""

    arrived: bool | None
    reason: str


def look(
    environment: Environment, secret_name: str, actor: Actor, *, with_hints: bool = True
) -> Rollout:
    return Rollout(None, "Nothing that reads it reports which version it has.")
