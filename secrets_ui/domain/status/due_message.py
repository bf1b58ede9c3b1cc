"""The message that keys are due, before the day comes. Holds no value."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..secrets.rotation import day
from .events import whom_to_ask
from .messages import NAMED, key_in_message

_WHEN = {0: "Due now", 1: "Due by tomorrow"}


@dataclass(frozen=True)
class DueLine:
    """One key of a message; `key` is "" where the whole secret is due. `text` says why."""

    secret: str
    key: str
    at: datetime
    text: str
    owner: str = ""
    runbook: str = ""

    def describe(self) -> str:
        what = f"{key_in_message(self.key)} in {self.secret}" if self.key else self.secret
        ask = whom_to_ask([self.owner], [self.runbook])
        return f"{what}, {day(self.at)}. {self.text}{ask}"

    def to_json(self) -> dict[str, Any]:
        return {
            "secret": self.secret,
            "key": key_in_message(self.key),
            "on": self.at.date().isoformat(),
            "why": self.text,
            "owner": self.owner,
            "runbook": self.runbook,
        }


@dataclass(frozen=True)
class DueMessage:
    """`days` is by how many days ahead it tells: 14, 1, or 0 for what is due at once."""

    environment: str
    days: int
    lines: tuple[DueLine, ...]
    at: str

    @property
    def mark(self) -> str:
        return ":calendar:"

    @property
    def title(self) -> str:
        """One line, for a chat or a subject."""
        first, number = self.lines[0], len(self.lines)
        what = key_in_message(first.key) or first.secret
        when = _WHEN.get(self.days, f"Due within {self.days} days")
        return f"{when} in {self.environment}: {what if number == 1 else f'{number} keys'}"

    def describe(self) -> str:
        more = len(self.lines) - NAMED
        told = [line.describe() for line in self.lines[:NAMED]]
        return "\n".join([*told, f"And {more} more."] if more > 0 else told)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "due",
            "environment": self.environment,
            "days": self.days,
            "text": self.describe(),
            "secrets": list(dict.fromkeys(line.secret for line in self.lines))[:NAMED],
            "count": len(self.lines),
            "due": [line.to_json() for line in self.lines[:NAMED]],
            "since": self.at,
            "at": self.at,
        }
