"""An environment by its name, in the colour that its configuration gives it."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..services import configuration

register = template.Library()


@register.simple_tag
def environment_chip(name: str) -> SafeString:
    """An environment as a chip."""
    return format_html('<span class="tag {}">{}</span>', edge_class(name), name)


@register.filter
def edge_class(name: str) -> str:
    """The class of an environment's colour; the one without a colour where it is not configured."""
    environment = configuration.environments().get(name)
    return f"edge-{environment.colour if environment else 'none'}"
