"""Web sessions: one's own, and everybody's for an admin.

Seeing them, ending them, and staying signed in.
"""

from __future__ import annotations

import time

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ...domain.audit.actions import Action
from ...permissions import actor_of, ensure_somewhere, environments_with
from ...services import audit
from ...services.people import sessions as web_sessions
from ..answers import next_of, wants_json
from .notices import notice_of, redirect_with_notice


@require_http_methods(["GET", "POST"])
def own_sessions(request: HttpRequest) -> HttpResponse:
    """POST ends all but the current one."""
    this = str(request.session.session_key)
    if request.method == "POST":
        details = {"account": request.user.get_username(), "which": "all but this one"}
        recorded = audit.record(Action.END_SESSION, actor_of(request), details=details)
        web_sessions.end_sessions(request.user, but=this)
        return redirect_with_notice(recorded.sequence, "sessions")
    context = {
        "sessions": web_sessions.open_sessions(request.user, this=this),
        "may_see_all": bool(environments_with(request, "session.end")),
        "notice": notice_of(request, request.user.get_username()),
    }
    return render(request, "people/sessions.html", context)


@require_GET
def all_sessions(request: HttpRequest) -> HttpResponse:
    ensure_somewhere(request, "session.end")
    found = web_sessions.open_sessions(this=str(request.session.session_key))
    context = {"sessions": found, "is_everybody": True, "notice": notice_of(request)}
    return render(request, "people/sessions.html", context)


@require_POST
def end_session(request: HttpRequest, number: int) -> HttpResponse:
    """One's own, or with the right anybody's. Recorded before it is done."""
    owner = web_sessions.owner_of(number)
    if owner != request.user:
        ensure_somewhere(request, "session.end")
    if owner is None:
        raise Http404
    details = {"account": owner.get_username(), "which": "one"}
    recorded = audit.record(Action.END_SESSION, actor_of(request), details=details)
    web_sessions.end_session(number)
    page = (
        "sessions" if owner == request.user and "everybody" not in request.POST else "all_sessions"
    )
    return redirect_with_notice(recorded.sequence, page)


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Counts as use of the session. Its whole life stays as long as it was."""
    request.session["seen"] = int(time.time())
    if not wants_json(request):
        return redirect(next_of(request))
    return JsonResponse(ends(request))


def ends(request: HttpRequest) -> dict[str, int]:
    """When the web session ends if it is not used, and when in any case (epoch seconds)."""
    session = request.session
    return {
        "idle": session.get("seen", 0) + settings.SESSION_IDLE_SECONDS,
        "life": session.get("started", 0) + settings.SESSION_LIFE_SECONDS,
    }
