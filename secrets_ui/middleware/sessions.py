"""When a web session ends, and what it has to do first."""

import time

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from secrets_ui.domain.errors.wording import TYPING_KEPT
from secrets_ui.views.answers import wants_json

from .errors import database_away, is_there, sign_in_again
from .requests import Next


def session_limits(get_response: Next) -> Next:
    """Ends a web session that was idle too long or lasted its time, by the SESSION_ settings."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        try:
            if request.user.is_authenticated and _is_over(request):
                logout(request)
                return sign_in_again(request)
        except DatabaseError:
            return database_away(request)
        return get_response(request)

    return handle


def second_factor_first(get_response: Next) -> Next:
    """Somebody whose account needs a second factor sets one up before anything else."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and request.session.get("enrol"):
            allowed = {reverse(name) for name in _WHILE_ENROLLING}
            if request.path not in allowed:
                return _enrol_first(request)
        return get_response(request)

    return handle


_WHILE_ENROLLING = ("account", "enrol_codes", "enrol_passkey", "sign_out", "stay", "step_up")


def _enrol_first(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        problem = {
            "title": "Your account needs a second factor",
            "text": TYPING_KEPT,
            "remedy": "Set one up in another tab, then send it once more.",
        }
        return JsonResponse({"problem": problem}, status=403)
    return redirect("account")


def _is_over(request: HttpRequest) -> bool:
    now, session = int(time.time()), request.session
    started, seen = session.get("started", 0), session.get("seen", 0)
    if now - started > settings.SESSION_LIFE_SECONDS or now - seen > settings.SESSION_IDLE_SECONDS:
        return True
    is_use = "X-Quiet-Refresh" not in request.headers  # a page that refreshes itself is none
    if is_use and now - seen >= settings.SESSION_SEEN_SECONDS:
        session["seen"] = now
        return not _is_kept(session)
    return False


def _is_kept(session: SessionBase) -> bool:
    """Notes the web session's use; false when a sign-out deleted it meanwhile.

    Where the database cannot be written, its last use stays what it was. Raises DatabaseError.
    """
    try:
        session.save()
    except UpdateError:
        if not is_there(session):
            return False
    session.modified = False
    return True
