"""Versions: the id, when and by whom one was made, which keys it changed. Written here, since a
page holds dozens of each.

Every text is escaped by the standard library's `escape`, which Django's is a lazy form of.
"""

from html import escape
from typing import Literal

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from ..domain.secrets.version import short_version
from ..services.audit.who_changed import Author
from ..services.secrets.history import HistoryEntry
from .console import urlencode
from .dates import ago

register = template.Library()


@register.simple_tag
def version(id: str) -> SafeString:
    """A version id as people tell it from others; the button copies the whole one."""
    whole, brief = escape(id), escape(short_version(id))
    return mark_safe(  # noqa: S308  both are escaped
        f'<span class="version"><code title="{whole}">{brief}</code> <button type="button" '
        f'class="btn quiet js-only" data-copy="{whole}" aria-label="Copy the version id {brief}">'
        "Copy</button></span>"
    )


@register.simple_tag
def author(author: Author | Literal[""] | None) -> SafeString | str:
    """Who made a version, to be read after "made" or "changed"."""
    if not author:
        return "outside this console"
    second = escape(author.approved_by)
    approved = f", approved by <bdi>{second}</bdi>" if second else ""
    text = f"by <bdi>{escape(author.name)}</bdi>{approved}, in this console"
    return mark_safe(text)  # noqa: S308  both names are escaped


@register.simple_tag
def made(entry: HistoryEntry, may_audit: bool) -> SafeString:
    """When a version of the history was made, by whom and why."""
    by, reason = author(entry.author), ""
    if entry.author and may_audit:
        by = f'<a href="{reverse("audit_record", args=[entry.author.sequence])}">{by}</a>'
        if entry.author.reason:
            reason = f'<div class="hint reason"><bdi>{escape(entry.author.reason)}</bdi></div>'
    text = f'<div>{ago(entry.made)}<div class="hint">{by}</div>{reason}</div>'
    return mark_safe(text)  # noqa: S308  each text is escaped


@register.simple_tag
def changed_keys(entry: HistoryEntry) -> SafeString:
    """Which keys a version of the history changed."""
    if entry.changed is not None:
        changed = [(item.kind, item.key) for item in entry.changed]
        otherwise = "as before"
    else:
        changed = [("changed", key) for key in entry.keys]
        otherwise = "not known"
    lines = "".join(
        f'<div class="small">{kind} <bdi class="mono">{escape(key)}</bdi></div>'
        for kind, key in changed
    )
    text = lines or f'<span class="dim">{otherwise}</span>'
    return mark_safe(f"<div>{text}</div>")  # noqa: S308  each text is escaped


@register.simple_tag
def version_links(entry: HistoryEntry, restore: str, pin: str) -> SafeString | str:
    """From a version that AWS has to the pages that restore and pin it: `restore` and `pin` are
    their addresses, "" for whoever may not."""
    if entry.version is None:
        return ""
    pins = "Pins" if entry.pins else "Pin"
    links = (
        _link(entry.id, "" if entry.is_current else restore, "Restore", "version"),
        _link(entry.id, pin, pins, "of version"),
    )
    return mark_safe(" ".join(filter(None, links)))  # noqa: S308  each text is escaped


def _link(id: str, page: str, text: str, more: str) -> str:
    """`more` stands between the text and the version, for a screen reader."""
    if not page:
        return ""
    heard = f'<span class="sr"> {more} {escape(short_version(id))}</span>'
    address = escape(f"{page}?version={urlencode(id, '')}")
    return f'<a class="btn quiet" href="{address}">{text}{heard}</a>'
