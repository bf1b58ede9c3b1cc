"""The names of a secret's keys as files: a .env.example, and an entry for the catalogue."""

import json

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from ...domain.secrets import export
from ...domain.secrets.catalog import SecretSpec
from ...permissions import actor_of, enter
from ...services.secrets.opening import open_secret
from ..answers import plain_answer


@require_GET
def env_example(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    spec, names = _names(request, environment, name)
    return _file(export.env_example(spec, names), "text/plain", f"{spec.name}.env.example")


@require_GET
def catalogue_entry(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    spec, names = _names(request, environment, name)
    text = json.dumps(export.catalogue_entry(spec, names), indent=2, ensure_ascii=False) + "\n"
    return _file(text, "application/json", f"{spec.name}.catalog.json")


def _names(request: HttpRequest, environment: str, name: str) -> tuple[SecretSpec, list[str]]:
    """The catalogue's keys, and what the secret holds besides."""
    chosen = enter(request, "secret.view", environment, name)
    opened = open_secret(chosen, name, actor_of(request), with_versions=False)
    return opened.spec, [key.name for key in opened.keys] or [*opened.spec.keys]


def _file(text: str, content_type: str, name: str) -> HttpResponse:
    answer = plain_answer(text, content_type)
    answer["Content-Disposition"] = str(content_disposition_header(True, name.replace("/", "-")))
    return answer
