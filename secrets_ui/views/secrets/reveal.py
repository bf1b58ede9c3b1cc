"""Shows one value, by POST alone: as JSON to the page's script, or on a page of its own."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ...domain.environment import Environment
from ...domain.errors import InvalidChange, VersionMoved
from ...forms.secrets import OneKeyForm, RevealForm
from ...permissions import actor_of, ensure_fresh_proof, enter
from ...services.secrets.reveal import Revealed, asks_for_reason, reveal_key
from ...services.secrets.version_facts import key_names
from ..answers import wants_json


@require_POST
def reveal(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter(request, "secret.reveal", environment, name)
    form = RevealForm(request.POST)
    key, asked = key_asked_for(chosen, name, form), form.cleaned_data
    if asks_for_reason(chosen, name, key):
        ensure_fresh_proof(request, chosen, "secret.reveal", name)
    found = reveal_key(
        chosen,
        actor_of(request),
        name,
        key,
        asked["version"],
        reason=asked["reason"],
        to=asked["to"],
    )
    return _json(found) if wants_json(request) else _page(request, chosen, name, found)


def key_asked_for(environment: Environment, name: str, form: OneKeyForm) -> str:
    """The key that is asked for: by its place in the version, "" for a whole text."""
    if not form.is_valid():
        raise InvalidChange("This form is not the console's own. Load the secret's page again.")
    asked = form.cleaned_data
    if asked["at"] is None:
        return str(asked["key"])
    at, names = (
        int(asked["at"]),
        key_names(environment, environment.secret_name(name), asked["version"]),
    )
    if at >= len(names):
        raise VersionMoved("The keys of the version that this page shows are not known any more.")
    return names[at]


def _json(found: Revealed) -> HttpResponse:
    revealed = {
        "value": found.value.reveal(),
        "kind": found.kind,
        "seconds": settings.REVEAL_SECONDS,
        "record": found.sequence,
    }
    return JsonResponse({"revealed": revealed})


def _page(
    request: HttpRequest, environment: Environment, name: str, found: Revealed
) -> HttpResponse:
    """The page for browsers without a script: nothing counts down, so a header makes it leave."""
    back = reverse("secret", args=[environment.name, name])
    context = {
        "environment": environment,
        "name": name,
        "found": found,
        "text": found.value.reveal(),
        "seconds": settings.REVEAL_SECONDS,
        "back": back,
    }
    response = render(request, "secrets/revealed.html", context)
    response["Refresh"] = f"{settings.REVEAL_SECONDS}; url={back}"
    return response
