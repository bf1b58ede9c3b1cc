"""Messages: what is sent of an event, or of a change that somebody made. None holds a value."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from .status import join

# What an environment may have told.
Topic = Literal["changes", "emergency", "findings"]
NAMED = 20  # keys that one message names; it counts the others
LONGEST = 100  # characters of a key's name in a message


class Message(Protocol):
    """What can be sent: a line, full sentences, and the same for programs."""

    @property
    def mark(self) -> str: ...
    @property
    def title(self) -> str: ...
    def describe(self) -> str: ...
    def to_json(self) -> dict[str, Any]: ...


def key_in_message(key: str) -> str:
    """As a receiver takes it: AWS allows a key's name of 60,000 characters."""
    name = " ".join(key.split())
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}…"


@dataclass(frozen=True)
class ChangeMessage:
    """A change of one secret, or a role that is asked for, as it is sent; `record` is its place in
    the audit log.

    `what` is how the page Changes calls it. `by` is "" where the console did it by itself.
    """

    topic: Topic
    mark: str
    environment: str
    secret: str
    what: str
    by: str
    proposed_by: str
    keys: tuple[str, ...]
    reason: str
    at: str
    record: int
    next_step: str = ""

    @property
    def title(self) -> str:
        """One line, for a chat or a subject."""
        about = f": {self.secret}" if self.secret else ""
        return f"{self.what} in {self.environment}{about}"

    def describe(self) -> str:
        """In full sentences."""
        by = f" by {self.by}" if self.by else ""
        other = self.proposed_by if self.proposed_by != self.by else ""
        parts = [
            f"{self.what}{by}{f', proposed by {other}' if other else ''}.",
            f"Keys: {self._keys()}." if self.keys else "",
            f"Reason: {' '.join(self.reason.split())}" if self.reason.strip() else "",
            self.next_step,
        ]
        return "\n".join(part for part in parts if part)

    def _keys(self) -> str:
        more = len(self.keys) - NAMED
        return join([*self._names(), f"{more} more"] if more > 0 else self._names())

    def _names(self) -> list[str]:
        return [key_in_message(key) for key in self.keys[:NAMED]]

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "emergency" if self.topic == "emergency" else "change",
            "environment": self.environment,
            "what": self.what,
            "by": self.by,
            "proposed_by": self.proposed_by,
            "text": self.describe(),
            "secrets": [self.secret] if self.secret else [],
            "count": 1,
            "keys": self._names(),
            "reason": self.reason,
            "record": self.record,
            "since": self.at,
            "at": self.at,
        }


def slack_text(text: str) -> str:
    """Slack reads these three as markup: https://docs.slack.dev/messaging/formatting-message-text"""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def webhook_payload(message: Message, message_id: str, address: str) -> dict[str, Any]:
    """Slack shows `text`, and other receivers read `event`."""
    text = f"{message.mark} *{slack_text(message.title)}*\n{slack_text(message.describe())}" + (
        f"\n<{address}>" if address else ""
    )
    return {
        "text": text,
        "event": {"id": message_id, **message.to_json(), "title": message.title, "url": address},
    }
