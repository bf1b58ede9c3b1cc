"""Pins: a version keeps a name that a person gave it, as a staging label of ours.

AWS collects versions without a label, never one that has some:
https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
"""

import re

from ..errors import ConsoleError, InvalidChange
from .secret import MAX_LABELS, PIN_LABEL, Secret, why_closed
from .version import short_version

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_TAKEN = ("aws", "miyabi")  # how the labels of AWS, of rotation and of this console begin


class PinTaken(ConsoleError):
    """Another version has a pin of this name, and nobody said that it may move."""

    status = 409
    title = "Another version has this pin"

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            f"{name} is on version {short_version(version)}. Move it here, or choose another name."
        )
        self.version = version


def pin_label(name: str) -> str:
    """The staging label of a pin. Raises InvalidChange for a name that none may have."""
    if not _NAME.fullmatch(name):
        raise InvalidChange(
            "A pin's name has 1 to 60 letters, digits, dots, hyphens and underscores, and begins "
            "with a letter or a digit.",
            key="name",
        )
    if name.lower().startswith(_TAKEN):
        raise InvalidChange(
            f"{name} begins like a label of AWS or of this console. Choose another name.",
            key="name",
        )
    return f"{PIN_LABEL}{name}"


def pin_name(label: str) -> str:
    """The name of the pin that a staging label is, "" where it is none."""
    return label.removeprefix(PIN_LABEL) if label.startswith(PIN_LABEL) else ""


def why_not_pinned(secret: Secret, label: str) -> str:
    """Why a pin would be refused, as a sentence; "" when nothing prevents it.

    One more label is left free than a pin takes, since each edit needs one for its time.
    """
    if why := why_closed(secret):
        return why
    if not secret.version_with(label) and secret.label_count >= MAX_LABELS - 2:
        return (
            f"It holds {secret.label_count} staging labels of {MAX_LABELS}, and edits need one. "
            "Take a pin off first."
        )
    return ""
