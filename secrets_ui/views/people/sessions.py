"""Web sessions: one's own, and other people's for an admin.

Seeing them, ending them, and staying signed in.
"""

import time
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ...domain.audit.actions import Action
from ...permissions import accounts_over, actor_of, ensure_over, ensure_somewhere, environments_with
from ...services import audit
from ...services.audit.waiting import Waiting
from ...services.people import sessions as web_sessions
from ..answers import next_of, wants_json
from ..notices import notice_of, redirect_with_notice


@require_http_methods(["GET", "POST"])
def own_sessions(request: HttpRequest) -> HttpResponse:
    """POST ends all but the current one."""
    this = str(request.session.session_key)
    if request.method == "POST":
        end = partial(web_sessions.end_sessions, request.user, but=this)
        name = request.user.get_username()
        recorded = end_for(request, name, "all but this one", end)
        return redirect_with_notice(recorded.mark, "sessions")
    oneself = get_user_model()._default_manager.filter(pk=request.user.pk or 0)
    context = {
        "sessions": web_sessions.open_sessions(oneself, this=this),
        "may_see_all": bool(environments_with(request, "session.end")),
        "notice": notice_of(request, request.user.get_username()),
    }
    return render(request, "people/sessions.html", context)


@require_GET
def all_sessions(request: HttpRequest) -> HttpResponse:
    """Of those whose sessions one may end."""
    people = accounts_over(request, "session.end")
    found = web_sessions.open_sessions(people, this=str(request.session.session_key))
    context = {"sessions": found, "is_everybody": True, "notice": notice_of(request)}
    return render(request, "people/sessions.html", context)


@require_POST
def end_session(request: HttpRequest, number: int) -> HttpResponse:
    """One's own, or with the right another's."""
    owner = web_sessions.owner_of(number)
    if owner is None:
        ensure_somewhere(request, "session.end")
        raise Http404
    if owner != request.user:
        ensure_over(request, "session.end", owner.pk)
    recorded = end_for(
        request, owner.get_username(), "one", partial(web_sessions.end_session, number)
    )
    page = (
        "sessions" if owner == request.user and "everybody" not in request.POST else "all_sessions"
    )
    return redirect_with_notice(recorded.mark, page)


def end_for(
    request: HttpRequest, owner: str, which: str, end: Callable[[], object]
) -> audit.Recorded | Waiting:
    """Ends sessions of the account `owner`, on record; does not wait for the log."""
    details = {"account": owner, "which": which}
    return audit.record_when_possible(
        Action.END_SESSION, actor_of(request), details=details, in_transaction=end
    )


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
