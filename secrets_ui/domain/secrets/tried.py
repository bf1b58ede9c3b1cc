"""What came of trying a value. Holds none: an answer is what somebody else said of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..errors.wording import plural
from .dates import as_day
from .health import Level

WARN_BEFORE = timedelta(days=14)
# Every value is tried once a day; what had no answer, sooner.
AGAIN_AFTER, AGAIN_AFTER_NO_ANSWER = timedelta(days=1), timedelta(hours=1)
# An answer that could not be had again for so long is none any more.
OLD = timedelta(days=3)


@dataclass(frozen=True)
class Answer:
    """What whoever was asked said of a value.

    `who` and `kind` name its owner and its form. `scopes` are None where there is no such thing,
    or nobody told. `expires` is None where it does not, or nobody told.
    """

    works: bool
    who: str = ""
    kind: str = ""
    scopes: tuple[str, ...] | None = None
    expires: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        expires = self.expires.isoformat() if self.expires else ""
        scopes = None if self.scopes is None else list(self.scopes)
        return {**vars(self), "scopes": scopes, "expires": expires}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Answer:
        expires = datetime.fromisoformat(data["expires"]) if data["expires"] else None
        scopes = None if data["scopes"] is None else tuple(data["scopes"])
        return cls(data["works"], data["who"], data["kind"], scopes, expires)


@dataclass(frozen=True)
class NotKnown:
    """There was no answer, or none that says anything of the value: never a refusal."""

    why: str


@dataclass(frozen=True)
class Tried:
    """What is kept of a value's trials.

    `answer` is the last there was, had at `answered_at`; `why_not` says why the last try, at `at`,
    had none.
    """

    at: datetime
    answer: Answer | None = None
    answered_at: datetime | None = None
    why_not: str = ""

    def is_due(self, now: datetime) -> bool:
        return now - self.at >= (AGAIN_AFTER_NO_ANSWER if self.why_not else AGAIN_AFTER)


@dataclass(frozen=True)
class Verdict:
    """What a trial means now, in a word or two and in a sentence's rest.

    `expires` is when the value works no more, None where nobody told.
    """

    level: Level
    text: str
    hint: str = ""
    expires: datetime | None = None


def judge(tried: Tried | None, now: datetime) -> Verdict:
    """What is known of a value now. A missing answer never makes a refusal, nor takes one back."""
    expires = tried.answer.expires if tried and tried.answer else None
    return replace(_judge(tried, now), expires=expires)


def _judge(tried: Tried | None, now: datetime) -> Verdict:
    if tried is None:
        return Verdict("mute", "Not tried yet")
    answer = tried.answer
    if answer is None or tried.answered_at is None:
        return Verdict("mute", "Not known", tried.why_not)
    if not answer.works:
        return Verdict("bad", "Refused", _hint(answer, tried))
    if answer.expires and answer.expires <= now:
        return Verdict("bad", "Expired", _hint(answer, tried))
    if tried.why_not and now - tried.answered_at > OLD:
        return Verdict("mute", "Not known", tried.why_not)
    if answer.expires and answer.expires - now <= WARN_BEFORE:
        days = -((now - answer.expires) // timedelta(days=1))  # a begun day counts
        return Verdict("warn", f"Expires in {plural(days, 'day')}", _hint(answer, tried))
    return Verdict("ok", "Works", _hint(answer, tried))


def _hint(answer: Answer, tried: Tried) -> str:
    return ", ".join(_parts(answer, tried))


def _parts(answer: Answer, tried: Tried) -> Iterable[str]:
    if answer.who:
        yield answer.who
    if answer.kind:
        yield answer.kind
    if answer.scopes is not None:
        yield f"scopes {' '.join(answer.scopes)}" if answer.scopes else "no scopes"
    if answer.expires:
        verb = "expires" if answer.works else "expired"
        yield f"{verb} on {as_day(answer.expires)}"
    if tried.why_not:
        yield f"could not be tried again: {tried.why_not.rstrip('.')}"
