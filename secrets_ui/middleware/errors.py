"""What a view raises, as a page or as JSON for the page's script."""

import logging

from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from secrets_ui.domain.errors import AuditUnavailable, ConsoleError, StepUpNeeded
from secrets_ui.domain.errors.wording import TYPING_KEPT
from secrets_ui.logs import path_for_log
from secrets_ui.views.answers import error_answer, log_refused, wants_json

from .requests import Next

log = logging.getLogger("miyabi.http")


class ErrorsForPeople:
    """Turns what a view raises into a page, or into JSON for the page's script."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DatabaseError):
            return database_away(request)
        if isinstance(error, UpdateError):
            return _session_not_kept(request)
        if not isinstance(error, ConsoleError):
            return None
        if isinstance(error, StepUpNeeded) and request.method == "GET" and not wants_json(request):
            return redirect(reverse("step_up", query={"next": request.get_full_path()}))
        if isinstance(error, AuditUnavailable):
            request.is_bare = True  # type: ignore[attr-defined]
        log_refused(request, error)
        return error_answer(request, error)


errors_for_people = ErrorsForPeople


def database_away(request: HttpRequest) -> HttpResponse:
    """The page for a database that does not answer, or cannot be written."""
    request.is_bare = True  # type: ignore[attr-defined]
    log.error("database away", extra={"path": path_for_log(request.path)})
    return error_answer(request, AuditUnavailable())


def _session_not_kept(request: HttpRequest) -> HttpResponse:
    """Another request deleted its row meanwhile, or the database cannot be written."""
    if is_there(request.session):
        return database_away(request)
    request.session.modified = False
    return sign_in_again(request)


def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Sends a page to the sign-in, and tells a script that its session has ended."""
    url = f"{reverse('sign_in')}?expired"
    if wants_json(request):
        problem = {
            "title": "Your session has ended",
            "text": TYPING_KEPT,
            "remedy": "Sign in again in another tab, then send it once more.",
        }
        return JsonResponse({"problem": problem, "sign_in": url}, status=401)
    return redirect(url)


def is_there(session: SessionBase) -> bool:
    """False when a sign-out has deleted its row."""
    return bool(session.session_key and session.exists(session.session_key))
