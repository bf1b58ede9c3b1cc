"""Whoever gave a value out still takes it, and will for some time."""

from collections.abc import Iterator

from ...domain.access.finding import Status
from ...domain.secrets.health import Level
from ...domain.secrets.tried import Verdict
from ...domain.status.status import StatusFinding, join
from ...domain.status.watched import WatchedSecret
from .saying import Saying

TITLE = "Credentials work"
NEXT = (
    "Rotate it from the secret's page: get a new value, try it, save it, and revoke the old one "
    "when the Lambda uses the new one."
)
say = Saying(__name__, "secret", "the answer of whoever was asked, kept by fingerprint")
_STATUS: dict[Level, Status] = {"bad": "fail", "warn": "warn", "mute": "unknown", "ok": "pass"}


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    """Nothing at all where no key is tried. What could not be asked is no failure, and takes no
    health away."""
    for key, verdict in watched.trials.items():
        if verdict.level != "ok":
            text = f"{key} in {watched.name}: {_lower(verdict)}."
            weight = "second opinion" if verdict.level == "mute" else "decides"
            yield say(_STATUS[verdict.level], text, key, weight=weight)
    if good := [key for key, verdict in watched.trials.items() if verdict.level == "ok"]:
        verb = "works" if len(good) == 1 else "work"
        yield say("pass", f"{join(good)} in {watched.name} {verb}.")


def _lower(verdict: Verdict) -> str:
    text = f"{verdict.text[0].lower()}{verdict.text[1:]}"
    return f"{text} ({verdict.hint.rstrip('.')})" if verdict.hint else text
