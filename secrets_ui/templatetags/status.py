"""Filters and tags of the status pages."""

from collections.abc import Collection
from datetime import datetime
from urllib.parse import quote

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..domain.access.finding import Status
from ..domain.status.history import Day
from ..domain.status.status import StatusFinding, age_text
from ..domain.status.words import STATUS_WORDS
from ..services import configuration
from ..services.status.board import next_step_of, title_of
from ..services.status_pass.acknowledge import may_be_acknowledged
from .console import secret_url
from .words import claim

register = template.Library()
register.filter("next_step", next_step_of)
register.filter("may_be_acknowledged", may_be_acknowledged)

# Checks whose trouble a new value ends; what they find is about a key.
_ENDED_BY_A_NEW_VALUE = ("keys_are_young_enough", "credentials_work")
_UNWATCHED_BAR = 2
_FINDINGS = "findings"  # where a secret's page tells what the last pass found of it


@register.filter
def state_word(status: Status) -> str:
    return STATUS_WORDS[status].label


@register.filter
def key_to_rotate(finding: StatusFinding) -> str:
    """The key whose rotation would end the finding; "" where none would."""
    is_ended = finding.check in _ENDED_BY_A_NEW_VALUE and finding.status in ("fail", "warn")
    return finding.about if is_ended else ""


@register.filter
def check_title(check: str) -> str:
    """The title of a status check, or of a check of the access path."""
    return title_of(check) or claim(check)


@register.filter
def parts(text: str) -> list[str]:
    """The headline in two parts, what is wrong and what is known, to break a line between."""
    head, colon, rest = text.partition(": ")
    return [f"{head}:", rest] if colon else [text]


@register.filter
def age(moment: datetime, now: datetime) -> str:
    return age_text(now - moment)


@register.filter
def begun(since: str, now: datetime) -> str:
    """`02:14` of today, or with its day."""
    if not since:
        return ""
    moment = datetime.fromisoformat(since)
    return (
        f"{moment:%H:%M}"
        if moment.date() == now.date()
        else f"{moment.day} {moment:%b}, {moment:%H:%M}"
    )


@register.simple_tag
def explained_at(
    environment: str, secret: str, finding: StatusFinding, audited: Collection[str]
) -> str:
    """The address of the page that explains a finding; "" where this person may open none."""
    if finding.page == "audit":
        if environment not in audited and (environment or not audited):
            return ""
        return (
            reverse("audit_record", args=[int(finding.anchor)])
            if finding.anchor.isdecimal()
            else reverse("audit")
        )
    found = configuration.environments().get(environment)
    if found is None:
        return ""
    if finding.page == "status":
        return reverse("environment_status", args=[environment])
    if finding.page == "usage":
        return reverse("usage", args=[environment])
    if finding.page == "troubleshoot":
        name = secret or found.prefix + next(iter(configuration.catalog().secrets), "")
        return f"{secret_url('troubleshoot', environment, name)}#{quote(finding.anchor)}"
    if finding.page == "secret" and secret:
        return f"{secret_url('secret', environment, secret)}#{_FINDINGS}"
    if finding.page == "reads" and secret:
        return secret_url("reads", environment, secret)
    if finding.page == "changes":
        return f"{reverse('changes', args=[environment])}#{quote(finding.anchor)}".rstrip("#")
    return reverse("secrets", args=[environment])


@register.simple_tag
def explanation_title(finding: StatusFinding) -> str:
    return {
        "troubleshoot": "Troubleshoot",
        "status": "Environment",
        "usage": "Reads and alarms",
        "audit": "Audit log",
        "secret": "Secret",
        "secrets": "List",
        "changes": "Changes",
        "reads": "Who read it",
    }.get(finding.page, "Open")


@register.simple_tag
def day_bar(number: int, day: Day) -> SafeString:
    """One day of the strip; its text is numbers and words of this module's own."""
    height = _UNWATCHED_BAR
    if day.status != "unwatched":
        height = STATUS_WORDS[day.status].bar
    bar = '<rect class="day {}" x="{}" y="{}" width="3" height="{}"><title>{}</title></rect>'
    return format_html(bar, day.status, number * 4, 24 - height, height, day.text)


@register.filter
def short_name(secret: str, environment: str) -> str:
    found = configuration.environments().get(environment)
    return secret.removeprefix(found.prefix) if found else secret
