"""Who acts: a person by name, and from which address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    name: str
    address: str = ""


CONSOLE = Actor("console")  # what the console does by itself: settling, for one
