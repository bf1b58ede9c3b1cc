"""Proposed changes that wait for a second person."""

from __future__ import annotations

from functools import partial

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ...permissions import actor_of, enter, enter_to_change, has_fresh_proof, may
from ...services.changes import decide as decide_change
from ...services.configuration import get_environment


@require_GET
def list_changes(request: HttpRequest, environment: str) -> HttpResponse:
    place = enter(request, "secret.view", environment)
    actor = actor_of(request)
    found = decide_change.open_proposals(place, actor, partial(may, request, "secret.view", place))
    context = {
        "environment": place,
        "proposals": [
            {
                "proposal": proposal,
                "may_decide": may(request, "change.decide", place, proposal.secret),
            }
            for proposal in found
        ],
        "me": actor.name,
        "may_edit": may(request, "secret.edit", place),
        "asks_for_proof": place.rules.step_up and not has_fresh_proof(request, place),
        "saved": request.GET.get("saved", "") if request.GET.get("saved", "").isdecimal() else "",
    }
    return render(request, "changes/proposals.html", context)


@require_POST
def decide(request: HttpRequest, environment: str, sequence: int) -> HttpResponse:
    decision, place = request.POST.get("decision"), get_environment(environment)
    proposed = decide_change.find_proposal(place, sequence)
    is_own = (
        decision == "reject" and proposed is not None and proposed.actor == actor_of(request).name
    )
    action = (
        "secret.edit" if is_own else "change.decide"
    )  # one takes back one's own by the right that made it
    enter_to_change(request, action, environment, proposed.secret if proposed else "")
    if decision == "approve":
        decided = decide_change.approve(place, actor_of(request), sequence)
        return redirect(f"{reverse('secret', args=[place.name, decided.secret])}?saved={sequence}")
    if decision != "reject":
        raise BadRequest
    decide_change.reject(place, actor_of(request), sequence)
    return redirect("changes", place.name)
