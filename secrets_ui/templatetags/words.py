"""Words and levels for the audit log and the checks: actions, outcomes, findings, answers,
decisions."""

from typing import Any

from django import template

from ..domain.access.finding import Status
from ..domain.audit.actions import Action, Outcome
from ..domain.status.words import STATUS_WORDS
from ..services.access.check import TITLES as ACCESS_TITLES
from .statement_text import statement_lines

register = template.Library()
register.filter(statement_lines)

_OUTCOMES: dict[str, str] = {
    Outcome.DONE: "ok",
    Outcome.REFUSED: "warn",
    Outcome.CONFLICT: "warn",
    Outcome.FAILED: "bad",
}


@register.filter
def action_words(action: str) -> str:
    """An audit record's action in words; one without words is shown as it is."""
    return Action.words_of(action)


@register.filter
def filter_words(value: str, name: str) -> str:
    """The value of a filter of the audit log as its list shows it."""
    if name in ("after", "before"):
        return f"{value.replace('T', ' ')} UTC"
    return {"action": action_words, "outcome": outcome_words}.get(name, str)(value)


@register.filter
def outcome_words(outcome: str) -> str:
    """An outcome in words, `open` for an intent without one."""
    return Outcome.words_of(outcome)


@register.filter
def outcome_level(outcome: str) -> str:
    return _OUTCOMES.get(outcome, "mute")


@register.filter
def is_made_of(version_id: str, record_hash: str) -> bool:
    """Whether a version id is a record's hash, or the UUID that the hash was cut to."""
    plain = version_id.replace("-", "")
    return len(plain) >= 32 and record_hash.startswith(plain)


_ANSWERS = {
    "Known": ("ok", "known"),
    "Missing": ("warn", "not there"),
    "Denied": ("warn", "not allowed to look"),
    "Unreachable": ("mute", "no answer"),
    "NotAsked": ("mute", "not asked"),
}
_DECISIONS = {
    "Allowed": ("ok", "Allowed"),
    "ExplicitlyDenied": ("bad", "Denied"),
    "ImplicitlyDenied": ("bad", "Not allowed"),
    "Undetermined": ("mute", "Not known"),
}


@register.filter
def status_level(status: Status) -> str:
    """The level of a finding's status."""
    return STATUS_WORDS[status].level


@register.filter
def status_word(status: Status) -> str:
    """Whether the claim that a check is named after holds, in a word."""
    return STATUS_WORDS[status].answer


@register.filter
def claim(check: str) -> str:
    """The title of a check, by its id."""
    return ACCESS_TITLES.get(check) or check.replace("_", " ").capitalize().replace(
        "json", "JSON"
    ).replace("aws", "AWS")


@register.filter
def to_act_on(findings: Any) -> list[Any]:
    """Findings that a person should look at, worst first."""
    loud = [finding for finding in findings if not _is_quiet(finding)]
    return sorted(loud, key=lambda finding: ("fail", "unknown", "warn").index(finding.status))


@register.filter
def quiet(findings: Any) -> list[Any]:
    """The others: what passed, what was not checked for a reason reported elsewhere, and second
    opinions that could not be had."""
    return [finding for finding in findings if _is_quiet(finding)]


def _is_quiet(finding: Any) -> bool:
    return finding.status in ("pass", "skipped") or (finding.status, finding.weight) == (
        "unknown",
        "second opinion",
    )


@register.filter
def answer_level(answer: Any) -> str:
    return _ANSWERS[type(answer).__name__][0]


@register.filter
def answer_word(answer: Any) -> str:
    return _ANSWERS[type(answer).__name__][1]


@register.filter
def decision_level(answer: Any) -> str:
    return _DECISIONS[str(answer.evaluation.decision)][0] if answer.evaluation else "mute"


@register.filter
def decision_word(answer: Any) -> str:
    return _DECISIONS[str(answer.evaluation.decision)][1] if answer.evaluation else "Not known"


@register.filter
def run_level(run: Any) -> str:
    """The level of a run's answer: yes may still come with something to look at."""
    return {"no": "bad", "unknown": "mute"}.get(
        run.answer, "ok" if run.verdict == "pass" else "warn"
    )


@register.filter
def reasons(answer: Any) -> list[str]:
    """What decides an evaluator's answer, one sentence each."""
    if answer.evaluation is None:
        return [answer.why_not]
    deciding = [f"{result.effect}: {result.location}." for result in answer.evaluation.deciding]
    return deciding or list(answer.evaluation.missing) or ["No statement allows it."]
