"""Shows one value: as JSON into the page that asked, or on a page of its own where there is no script. Never by GET."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ...domain.environment import Environment
from ...domain.errors import InvalidChange
from ...forms import RevealForm
from ...permissions import actor_of, ensure_fresh_proof, enter
from ...services.secrets.reveal import Revealed, asks_for_reason, reveal_key
from ..answers import wants_json

SECONDS = 30  # that a value stays on a screen


@require_POST
def reveal(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    place = enter(request, "secret.reveal", environment, name)
    form = RevealForm(request.POST)
    if not form.is_valid():
        raise InvalidChange("This form is not the console's own. Load the secret's page again.")
    asked = form.cleaned_data
    if asks_for_reason(place, name, asked["key"]):
        ensure_fresh_proof(request, place, "secret.reveal", name)
    found = reveal_key(
        place,
        actor_of(request),
        name,
        asked["key"],
        asked["version"],
        reason=asked["reason"],
        to=asked["to"],
    )
    return _to_the_script(found) if wants_json(request) else _page(request, place, name, found)


def _to_the_script(found: Revealed) -> HttpResponse:
    told = {
        "value": found.value.reveal(),
        "kind": found.kind,
        "seconds": SECONDS,
        "record": found.sequence,
    }
    return JsonResponse({"revealed": told})


def _page(request: HttpRequest, place: Environment, name: str, found: Revealed) -> HttpResponse:
    """Without a script nothing counts down, so the browser is told to leave by itself."""
    back = reverse("secret", args=[place.name, name])
    context = {
        "environment": place,
        "name": name,
        "found": found,
        "text": found.value.reveal(),
        "seconds": SECONDS,
        "back": back,
    }
    response = render(request, "secrets/revealed.html", context)
    response["Refresh"] = f"{SECONDS}; url={back}"
    return response
