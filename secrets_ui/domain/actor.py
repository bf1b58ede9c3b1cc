"""Who acts: a person by name, and from which address; for a command, in whose session of the operating system."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    name: str
    address: str = ""
    os_user: str = ""  # of the shell in which a command was run in this person's name


CONSOLE = Actor("console")  # what the console does by itself: settling, for one
