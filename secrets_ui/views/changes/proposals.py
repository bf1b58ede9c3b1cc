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
    chosen = enter(request, "secret.view", environment)
    actor = actor_of(request)
    found = decide_change.open_proposals(
        chosen, actor, partial(may, request, "secret.view", chosen)
    )
    context = {
        "environment": chosen,
        "proposals": [
            {
                "proposal": proposal,
                "may_decide": may(request, "change.decide", chosen, proposal.secret),
            }
            for proposal in found
        ],
        "me": actor.name,
        "may_edit": may(request, "secret.edit", chosen),
        "asks_for_proof": chosen.rules.step_up and not has_fresh_proof(request, chosen),
        "saved": request.GET.get("saved", "") if request.GET.get("saved", "").isdecimal() else "",
    }
    return render(request, "changes/proposals.html", context)


@require_POST
def decide(request: HttpRequest, environment: str, sequence: int) -> HttpResponse:
    decision, chosen = request.POST.get("decision"), get_environment(environment)
    proposed = decide_change.find_proposal(chosen, sequence)
    is_own = (
        decision == "reject" and proposed is not None and proposed.actor == actor_of(request).name
    )
    # People take back their own proposal by the right that made it.
    action = "secret.edit" if is_own else "change.decide"
    enter_to_change(request, action, environment, proposed.secret if proposed else "")
    if decision == "approve":
        decided = decide_change.approve(chosen, actor_of(request), sequence)
        return redirect(f"{reverse('secret', args=[chosen.name, decided.secret])}?saved={sequence}")
    if decision != "reject":
        raise BadRequest
    decide_change.reject(chosen, actor_of(request), sequence)
    return redirect("changes", chosen.name)
