"""Pages that show secrets: an environment's list, and one secret. They read no value of a known version."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from ...permissions import (
    actor_of,
    comparable,
    ensure_somewhere,
    enter,
    has_fresh_proof,
    is_limited,
    may,
    reach_of,
)
from ...services.secrets import listing, opening
from ...services.secrets.look_elsewhere import look_elsewhere
from ...services.secrets.reveal_debt import debts_of_secret


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The first environment that the person may see."""
    return redirect("secrets", ensure_somewhere(request, "secret.view")[0].name)


@require_GET
def list_secrets(request: HttpRequest, environment: str) -> HttpResponse:
    place = enter(request, "secret.view", environment)
    text, token = request.GET.get("q", "").strip()[:200], request.GET.get("page", "")[:4096]
    others = comparable(request)
    if text or is_limited(request, "secret.view", place):
        is_visible = partial(may, request, "secret.view", place)
        found = listing.filter_secrets(place, actor_of(request), others, text, is_visible)
    else:
        found = listing.list_secrets(place, actor_of(request), others, token)
    context = {
        "environment": place,
        "listing": found,
        "text": text,
        "token": token,
        "may_edit": may(request, "secret.edit", place),
        "reach": reach_of(request, "secret.view", place),
    }
    return render(request, "secrets/list.html", context)


@require_GET
def open_secret(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    place = enter(request, "secret.view", environment, name)
    look_elsewhere(place, actor_of(request), comparable(request))
    opened = opening.open_secret(place, name, actor_of(request))
    may_reveal = place.rules.reveal and may(request, "secret.reveal", place, name)
    context = {
        "environment": place,
        "opened": opened,
        "may_reveal": may_reveal,
        "is_write_only": not place.rules.reveal,
        "is_fresh": may_reveal and has_fresh_proof(request, place),
        "debts": debts_of_secret(place, name, opened.secret.current),
        "secret": opened.secret,
        "saved": request.GET.get("saved", "") if request.GET.get("saved", "").isdecimal() else "",
        "may_edit": may(request, "secret.edit", place, name),
        "may_audit": may(request, "audit.view", place),
    }
    return render(request, "secrets/detail.html", context)
