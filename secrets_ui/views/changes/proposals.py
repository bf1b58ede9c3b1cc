"""The page Changes: what waits for a second person, what was changed lately; and the decisions."""

from functools import partial
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ...domain.environment import Environment
from ...domain.errors import InvalidChange
from ...forms.proposals import APPROVE, REJECT, DecisionForm
from ...permissions import (
    actor_of,
    enter,
    enter_to_change,
    has_fresh_proof,
    may,
    needs_proof,
    reach_of,
)
from ...services.changes import decide as decide_change
from ...services.changes.emergencies import LEAST, open_emergencies
from ...services.changes.proposals import ensure_waiting, find_proposal, open_proposals
from ...services.changes.recent import ends_of_proposals, recent_changes
from ...services.configuration import get_environment
from ..notices import notice_of, redirect_with_notice

NO_REASON = "Nothing was rejected: a rejection needs a reason, which its author is told."


@require_GET
def list_changes(request: HttpRequest, environment: str) -> HttpResponse:
    chosen = enter(request, "secret.view", environment)
    below = request.GET.get("below", "")
    start = int(below) if below.isdecimal() and len(below) < 19 else 0
    is_visible = partial(may, request, "secret.view", chosen)
    context = {
        "environment": chosen,
        "recent": recent_changes(
            chosen, reach_of(request, "secret.view", chosen), is_visible, below=start
        ),
        "may_audit": may(request, "audit.view", chosen),
        "is_older": bool(start),
        "notice": notice_of(request),
        **({} if start else _waiting(request, chosen)),
    }
    return render(request, "changes/proposals.html", context)


def _waiting(request: HttpRequest, environment: Environment) -> dict[str, Any]:
    """What stands above the newest changes alone."""
    actor, may_edit = actor_of(request), may(request, "secret.edit", environment)
    found = open_proposals(environment, actor, partial(may, request, "secret.view", environment))
    saved = request.GET.get("saved", "")
    return {
        "proposals": [
            {
                "proposal": proposal,
                "may_decide": may(request, "change.decide", environment, proposal.secret),
                "may_edit": may(request, "secret.edit", environment, proposal.secret),
            }
            for proposal in found
        ],
        "waiting": sum(not proposal.stale for proposal in found),
        "emergencies": [
            {
                "emergency": emergency,
                "is_own": emergency.concerns(actor.name),
                "may_decide": may(request, "change.decide", environment, emergency.secret),
            }
            for emergency in open_emergencies(environment)
            if may(request, "secret.view", environment, emergency.secret)
        ],
        "shortest_reason": LEAST,
        "has_proof": has_fresh_proof(request, environment),
        "ends": ends_of_proposals(environment, actor) if may_edit else (),
        "me": actor.name,
        "may_edit": may_edit,
        "asks_for_proof": needs_proof(request, environment),
        "saved": saved if saved.isdecimal() else "",
    }


@require_POST
def decide(request: HttpRequest, environment: str, sequence: int) -> HttpResponse:
    form, chosen = DecisionForm(request.POST), get_environment(environment)
    is_valid = form.is_valid()
    decision = form.cleaned_data.get("decision")
    proposed = find_proposal(chosen, sequence)
    is_own = (
        decision == REJECT and proposed is not None and proposed.actor == actor_of(request).name
    )
    # People take back their own proposal by the right that made it.
    action = "secret.edit" if is_own else "change.decide"
    enter_to_change(request, action, environment, proposed.secret if proposed else "")
    if not is_valid:
        raise BadRequest
    proposed = ensure_waiting(proposed)
    if decision == APPROVE:
        decided = decide_change.approve(chosen, actor_of(request), proposed)
        return redirect(f"{reverse('secret', args=[chosen.name, decided.secret])}?saved={sequence}")
    reason = form.cleaned_data["reason"]
    if not is_own and not reason:
        raise InvalidChange(NO_REASON, key="reason")
    done = decide_change.reject(chosen, actor_of(request), proposed, reason)
    return redirect_with_notice(done, "changes", chosen.name)
