"""Pages that show secrets: an environment's list, and one secret. They read no value of a known version."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from ..access import actor_of, ensure_somewhere, enter, environments_with, may
from ..services import list_secrets as listing
from ..services import open_secret as opening
from ..services.look_elsewhere import look_elsewhere


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The first environment that the person may see."""
    return redirect("secrets", ensure_somewhere(request, "secret.view")[0].name)


@require_GET
def list_secrets(request: HttpRequest, environment: str) -> HttpResponse:
    place = enter(request, "secret.view", environment)
    text, token = request.GET.get("q", "").strip()[:200], request.GET.get("page", "")[:4096]
    comparable = environments_with(request, "secret.view")

    def page(found: listing.Listing) -> HttpResponse:
        context = {
            "environment": place,
            "listing": found,
            "text": text,
            "token": token,
            "may_edit": may(request, "secret.edit", place),
        }
        return render(request, "secrets/list.html", context)

    if text:
        return page(listing.filter_secrets(place, actor_of(request), comparable, text))
    asked = listing.AskedPage(place, actor_of(request), comparable, token)
    draft = asked.draft()
    drawn = page(draft) if draft else None  # while AWS answers; most often it tells the same as the last time
    found = asked.listing()
    return drawn if drawn and found is draft else page(found)


@require_GET
def open_secret(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    place = enter(request, "secret.view", environment, name)
    look_elsewhere(place, actor_of(request), environments_with(request, "secret.view"))
    opened = opening.open_secret(place, name, actor_of(request))
    context = {
        "environment": place,
        "opened": opened,
        "secret": opened.secret,
        "saved": request.GET.get("saved", "") if request.GET.get("saved", "").isdecimal() else "",
        "may_edit": may(request, "secret.edit", place),
        "may_audit": may(request, "audit.view", place),
    }
    return render(request, "secrets/detail.html", context)
