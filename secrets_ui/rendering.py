"""The template backend: what a template renders can always be encoded, whatever text is in it."""

from typing import Any

from django.http import HttpRequest
from django.template.backends import django as backend
from django.utils.safestring import SafeString, mark_safe

from .domain.texts import encodable


class Template(backend.Template):
    def render(
        self, context: dict[str, Any] | None = None, request: HttpRequest | None = None
    ) -> SafeString:
        # Only halves of characters are spelled out, so what was escaped stays so.
        return mark_safe(encodable(super().render(context, request)))  # noqa: S308


class Templates(backend.DjangoTemplates):
    """Django's own templates. A page with half of a character in it would answer 500."""

    def get_template(self, template_name: str) -> Template:
        return Template(super().get_template(template_name).template, self)

    def from_string(self, template_code: str) -> Template:
        return Template(super().from_string(template_code).template, self)
