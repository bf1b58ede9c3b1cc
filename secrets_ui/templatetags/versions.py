"""A version's id, and who made it. Written here, since a page holds dozens of each."""

from typing import Literal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..domain.secrets.version import short_version
from ..services.audit.who_changed import Author

register = template.Library()


@register.simple_tag
def version(id: str) -> SafeString:
    """A version id as people tell it from others; the button copies the whole one."""
    return format_html(
        '<span class="version"><code title="{0}">{1}</code> <button type="button" '
        'class="btn quiet js-only" data-copy="{0}" aria-label="Copy the version id {1}">Copy'
        "</button></span>",
        id,
        short_version(id),
    )


@register.simple_tag
def author(author: Author | Literal[""] | None) -> SafeString | str:
    """Who made a version, to be read after "made" or "changed"."""
    if not author:
        return "outside this console"
    approved = (
        format_html(", approved by <bdi>{}</bdi>", author.approved_by) if author.approved_by else ""
    )
    return format_html("by <bdi>{}</bdi>{}, in this console", author.name, approved)
