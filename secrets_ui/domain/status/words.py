"""The one vocabulary of status: its words for pages, commands, JSON, metrics and events."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..access.finding import Status
from ..secrets.health import Level


@dataclass(frozen=True)
class StatusWords:
    """`level` chooses shape and colour on pages; `code` is for programs: JSON, metrics, commands.

    `label` names the status of a thing, `answer` says whether the claim of a check holds. `day`
    is for a day of the history, `event` for an event's title. `bar` is the height of a day in the
    strip: heights tell as much as colours, a failure is a full bar and a quiet day a short one.
    """

    level: Level
    code: str
    label: str
    answer: str
    day: str
    event: str
    bar: int


STATUS_WORDS: Mapping[Status, StatusWords] = {
    "fail": StatusWords("bad", "failing", "Failing", "No", "a failure", "failure", 24),
    "unknown": StatusWords(
        "mute", "unknown", "Unknown", "Not known", "not known for a time", "not known", 16
    ),
    "warn": StatusWords("warn", "warning", "Warning", "Warning", "a warning", "warning", 16),
    "pass": StatusWords("ok", "healthy", "Healthy", "Yes", "healthy", "pass", 9),
    "skipped": StatusWords(
        "mute", "unknown", "Not checked", "Not checked", "not checked", "skipped", 16
    ),
}
