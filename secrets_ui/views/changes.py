"""Proposed changes that wait for a second person."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ..access import actor_of, enter, enter_to_change, has_fresh_proof, may
from ..services import decide_change


@require_GET
def list_changes(request: HttpRequest, environment: str) -> HttpResponse:
    place = enter(request, "secret.view", environment)
    actor = actor_of(request)
    context = {
        "environment": place,
        "proposals": decide_change.open_proposals(place, actor),
        "me": actor.name,
        "may_decide": may(request, "change.decide", place),
        "asks_for_proof": place.rules.step_up and not has_fresh_proof(request, place),
        "saved": request.GET.get("saved", "") if request.GET.get("saved", "").isdecimal() else "",
    }
    return render(request, "changes/list.html", context)


@require_POST
def decide(request: HttpRequest, environment: str, sequence: int) -> HttpResponse:
    place = enter_to_change(request, "change.decide", environment)
    decision = request.POST.get("decision")
    if decision == "approve":
        decided = decide_change.approve(place, actor_of(request), sequence)
        return redirect(f"{reverse('secret', args=[place.name, decided.secret])}?saved={sequence}")
    if decision != "reject":
        raise BadRequest
    decide_change.reject(place, actor_of(request), sequence)
    return redirect("changes", place.name)
