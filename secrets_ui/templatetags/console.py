"""Filters and tags of the console's templates."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from re import Pattern
from typing import Any
from urllib.parse import quote

from django import template
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from .statement_text import statement_lines

register = template.Library()
register.filter(statement_lines)

_SHAPES = {
    "ok": '<circle cx="8" cy="8" r="7"/><path d="M5 8.2l2.1 2.1L11 6"/>',
    "warn": '<path d="M8 1.6 15 14H1z"/><path d="M8 6v4M8 11.6v.6"/>',
    "bad": '<circle cx="8" cy="8" r="7"/><path d="M5.4 5.4l5.2 5.2m0-5.2-5.2 5.2"/>',
    "mute": '<circle cx="8" cy="8" r="7" class="dashed"/>',
}
# Constant text of this module, with nothing from outside in it.
_ICONS = {
    level: mark_safe(f'<svg viewBox="0 0 16 16" aria-hidden="true">{shape}</svg>')  # noqa: S308
    for level, shape in _SHAPES.items()
}


@register.simple_tag
def icon(level: str) -> SafeString:
    """A shape for a level, so that no state is told by colour alone."""
    return _ICONS[level]


@register.simple_tag
def state(level: str, text: str) -> SafeString:
    """Shape, word and colour."""
    return mark_safe(f'<span class="st {level}">{_ICONS[level]}{escape(text)}</span>')  # noqa: S308  level is one of four


@register.simple_tag
def secret_url(page: str, environment: str, name: str) -> str:
    """`{% url %}` for long lists: what stands before the name is looked up once."""
    return _before_the_name(page, environment) + quote(name, safe="/~:@!$&'()*+,;=")


@cache
def _before_the_name(page: str, environment: str) -> str:
    return reverse(page, args=[environment, "-"]).removesuffix("-")


@register.filter
def exact(moment: datetime | str | None) -> str:
    """Absolute UTC: 23 Nov 2026, 14:05:09 UTC."""
    value = _moment(moment)
    return f"{value.day} {value:%b %Y, %H:%M:%S} UTC" if value else "not known"


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


@register.filter
def browser(agent: str) -> str:
    """A User-Agent in words: Firefox on Linux. It may say anything, so one that is not known is shown as it is."""
    name = next((word for mark, word in _BROWSERS if mark in agent), "")
    system = next((word for mark, word in _SYSTEMS if mark in agent), "")
    return f"{name} on {system}" if name and system else agent or "unknown browser"


@register.filter
def clock(one: int, other: int) -> str:
    """The earlier of two times (epoch seconds) as the time of day: 14:05 UTC."""
    return f"{datetime.fromtimestamp(min(one, other), UTC):%H:%M} UTC"


@register.filter
def ago(moment: datetime | str | None) -> SafeString:
    """A relative time with the exact one on hover; `ago_day` for AWS's times that know only the day."""
    value = _moment(moment)
    if value is None:
        return mark_safe('<span class="dim">not known</span>')
    return _time(value.isoformat(timespec="seconds"), exact(value), _relative(value))


@register.filter
def ago_day(moment: datetime | None) -> SafeString | str:
    if moment is None:
        return "never, or not known"
    days = (datetime.now(UTC).date() - moment.astimezone(UTC).date()).days
    text = "today" if days <= 0 else "yesterday" if days == 1 else f"{days} days ago"
    day = moment.date().isoformat()
    return _time(day, f"{day} (AWS tells the day only)", text)


def _time(machine: str, hover: str, text: str) -> SafeString:
    """Numbers and words of this module, so there is nothing to escape; a long list holds a hundred of them."""
    return mark_safe(f'<time datetime="{machine}" title="{hover}">{text}</time>')  # noqa: S308


def _relative(value: datetime) -> str:
    seconds = int((datetime.now(UTC) - value).total_seconds())
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {word}{'' if number == 1 else 's'} ago"
    return "just now" if seconds >= -60 else "in the future"


def _moment(moment: datetime | str | None) -> datetime | None:
    if isinstance(moment, str):
        return datetime.fromisoformat(moment.replace("Z", "+00:00")) if moment else None
    return moment


@register.filter
def short(version_id: str) -> str:
    """Eight characters of a version id by which people tell versions apart: the first ones, or, where a tool begins all its ids with its
    name as Terraform does, the last ones."""
    return f"…{version_id[-8:]}" if version_id.startswith("terraform-") else version_id[:8]


@register.filter
def is_kept_secret(key: Any) -> bool:
    """Whether a key's value is secret: what the catalogue does not know is."""
    return key.spec is None or bool(key.spec.secret)


@register.filter
def exactly(text: str) -> SafeString:
    """A text for a `<pre>` that comes out of the HTML parser byte for byte: a leading line break and carriage returns survive. What cannot
    be seen, or would move what stands beside it, is marked by the style sheet, as reveal.js does."""
    at_ends = {place for found in _BLANK_ENDS.finditer(text) for place in range(*found.span())}
    return mark_safe("\n" + "".join(_piece(char, place in at_ends) for place, char in enumerate(text)))  # noqa: S308  each is escaped


_BLANK_ENDS = re.compile(r"^ +| +$", re.MULTILINE)


def _piece(char: str, is_at_end: bool) -> str:
    is_odd = is_at_end or (char not in "\n " and unicodedata.category(char)[0] in "CZ")
    if not is_odd:
        return escape(char)
    # A parser turns a bare carriage return into a line feed. NUL and half a character cannot be written in HTML: their mark tells of them.
    written = "" if char == "\0" or "\ud800" <= char <= "\udfff" else f"&#{ord(char)};"
    return f'<span class="odd" data-code="U+{ord(char):04X}">{written}</span>'


@register.filter
def item(mapping: Any, key: str) -> Any:
    """A member of a mapping, or nothing."""
    return mapping.get(key) if mapping else None


@register.filter
def plural(number: int, words: str) -> str:
    """`{{ 2|plural:"key,keys" }}` is "2 keys"."""
    one, many = words.split(",")
    return f"{number} {one if number == 1 else many}"


@register.filter
def patterns(expressions: Iterable[Pattern[str]]) -> str:
    """Regular expressions as a JSON list, for the page's script; it stands in an attribute, escaped as any text."""
    return json.dumps([expression.pattern for expression in expressions])


@register.filter
def told(value: Any) -> str:
    """A member of a record's details: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def without(query: QueryDict, name: str) -> str:
    """The query of a URL without one of its members, back on the first page."""
    rest = query.copy()
    for gone in (name, "below"):
        rest.pop(gone, None)
    return rest.urlencode()


_ACTIONS = {
    "sign_in": "Sign-in",
    "sign_out": "Sign-out",
    "step_up": "Confirmation of who it is",
    "session.end": "End of sessions",
    "factor.add": "Second factor added",
    "factor.remove": "Second factor removed",
    "factor.reset": "Second factors taken away",
    "recovery_codes.make": "New recovery codes",
    "roles.from_groups": "Roles by groups",
    "access.refused": "Attempt without the right",
    "account.set": "Account set",
    "account.remove": "Account taken away",
    "rate.limited": "Too many changes",
    "audit.export": "Export of the log",
    "audit.key_changed": "Audit key changed",
    "value.read": "Read of a value",
    "secret.save": "Save",
    "secret.propose": "Proposal",
    "secret.approve": "Approval",
    "secret.reject": "Rejection",
    "secret.reveal": "Value shown",
    "role.given": "Role given",
    "role.taken": "Role taken",
    "account.switched_off": "Account switched off",
    "account.switched_on": "Account switched on",
}
_OUTCOMES = {"done": "ok", "refused": "warn", "conflict": "warn", "failed": "bad", "open": "mute"}


@register.filter
def action_words(action: str) -> str:
    """An audit record's action in words; one without words is shown as it is."""
    return _ACTIONS.get(action, action)


@register.filter
def outcome_level(outcome: str) -> str:
    return _OUTCOMES.get(outcome, "mute")


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def is_made_of(version_id: str, record_hash: str) -> bool:
    """Whether a version id is a record's hash, or the UUID that the hash was cut to."""
    plain = version_id.replace("-", "")
    return len(plain) >= 32 and record_hash.startswith(plain)


@register.filter
def sentence(text: str) -> str:
    """A capital letter before it and a full stop after it."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


_STATUS = {
    "fail": ("bad", "No"),
    "unknown": ("mute", "Not known"),
    "warn": ("warn", "Look at it"),
    "pass": ("ok", "Yes"),
    "skipped": ("mute", "Not checked"),
}
_ANSWERS = {
    "Known": ("ok", "known"), "Missing": ("warn", "not there"), "Denied": ("warn", "not allowed to look"),
    "Unreachable": ("mute", "no answer"), "NotAsked": ("mute", "not asked"),
}  # fmt: skip
_DECISIONS = {
    "Allowed": ("ok", "Allowed"), "ExplicitlyDenied": ("bad", "Denied"), "ImplicitlyDenied": ("bad", "Not allowed"),
    "Undetermined": ("mute", "Not known"),
}  # fmt: skip


@register.filter
def status_level(status: str) -> str:
    """The level of a finding's status."""
    return _STATUS[status][0]


@register.filter
def status_word(status: str) -> str:
    """Whether the claim that a check is named after holds, in a word."""
    return _STATUS[status][1]


@register.filter
def claim(check: str) -> str:
    """`decrypt_is_allowed` as a sentence."""
    return check.replace("_", " ").capitalize().replace("json", "JSON").replace("aws", "AWS")


@register.filter
def to_act_on(findings: Any) -> list[Any]:
    """Findings that a person should look at, worst first."""
    told = [finding for finding in findings if not _is_quiet(finding)]
    return sorted(told, key=lambda finding: ("fail", "unknown", "warn").index(finding.status))


@register.filter
def quiet(findings: Any) -> list[Any]:
    """The others: what passed, what was not checked for a reason told elsewhere, and second opinions that could not be had."""
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
    return {"no": "bad", "unknown": "mute"}.get(run.answer, "ok" if run.verdict == "pass" else "warn")


@register.filter
def reasons(answer: Any) -> list[str]:
    """What decides an evaluator's answer, one sentence each."""
    if answer.evaluation is None:
        return [answer.why_not]
    told = [f"{result.effect}: {result.place}." for result in answer.evaluation.deciding]
    return told or list(answer.evaluation.missing) or ["No statement allows it."]
