"""What holds for every request: headers, limits of web sessions and bodies, errors as pages."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from .domain.errors import AuditUnavailable, ConsoleError, StepUpNeeded
from .domain.texts import TYPING_KEPT
from .lanes import NoThreadFree
from .logs import path_for_log
from .measures import observe_request
from .views.answers import error_answer, log_refused, wants_json
from .views.errors import too_large
from .views.status.health import livez, readyz

Next = Callable[[HttpRequest], HttpResponseBase]
log = logging.getLogger("miyabi.http")


def measure(get_response: Next) -> Next:
    """Counts each request and its seconds by the name of its route, which no path can choose."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        observe_request(
            match.url_name if match else None,
            request.method,
            response.status_code,
            time.perf_counter() - began,
        )
        return response

    return handle


def no_store(get_response: Next) -> Next:
    """Nothing but static files may be kept by a browser or a proxy."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_static = request.path.startswith(settings.STATIC_URL)
        if not (is_static and response.status_code in (200, 206, 304)):
            response["Cache-Control"] = "no-store"
        return response

    return handle


def security_headers(get_response: Next) -> Next:
    """Headers that Django and its packages do not set.

    Some of them SecurityMiddleware does set, but not when it refuses a host by itself.
    """

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex"
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        response.headers.setdefault(
            "Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY
        )
        return response

    return handle


def refuse_oversized(get_response: Next) -> Next:
    """Refuses a body that no secret can need by its declared length, before anything parses it."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            request.is_bare = True  # type: ignore[attr-defined]
            return too_large(request)
        return get_response(request)

    return handle


def answer_health(get_response: Next) -> Next:
    """Answers the health checks before Django looks at the Host header.

    Load balancers and containers ask by address. The answers do not depend on the header.
    """
    answers = {"/livez": livez, "/readyz": readyz}

    def handle(request: HttpRequest) -> HttpResponseBase:
        answer = answers.get(request.path)
        return answer(request) if answer else get_response(request)

    return handle


def answer_head(get_response: Next) -> Next:
    """HEAD is answered wherever GET is, and by the same view; the server leaves the body out."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if request.method != "HEAD":
            return get_response(request)
        request.method = "GET"
        response = get_response(request)
        request.method = "HEAD"
        return response

    return handle


def refuse_without_thread(get_response: Next) -> Next:
    """Answers a request that has waited in vain for a thread (settings.REFUSED), from one that
    waits for nothing."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if not request.META.get(settings.REFUSED):
            return get_response(request)
        request.is_bare = True  # type: ignore[attr-defined]
        return error_answer(request, NoThreadFree())

    return handle


class ErrorsForPeople:
    """Turns what a view raises into a page, or into JSON for the page's script."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DatabaseError):
            return _database_away(request)
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


def _database_away(request: HttpRequest) -> HttpResponse:
    request.is_bare = True  # type: ignore[attr-defined]
    log.error("database away", extra={"path": path_for_log(request.path)})
    return error_answer(
        request, AuditUnavailable("The console's database does not answer, or cannot be written.")
    )


def session_limits(get_response: Next) -> Next:
    """Ends a web session that was idle too long or lasted its time, by the SESSION_ settings."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        try:
            if request.user.is_authenticated and _is_over(request):
                logout(request)
                return _sign_in_again(request)
        except DatabaseError:
            return _database_away(request)
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


_WHILE_ENROLLING = (
    "account",
    "enrol_codes",
    "enrol_passkey",
    "sign_out",
    "stay",
    "step_up",
)


def _enrol_first(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        problem = {
            "title": "Your account needs a second factor",
            "text": TYPING_KEPT,
            "remedy": "Set one up in another tab, then send it once more.",
        }
        return JsonResponse({"problem": problem}, status=403)
    return redirect("account")


def remember_environment(get_response: Next) -> Next:
    """Keeps in a cookie which environment's page was opened last (permissions.last_visited).

    In a cookie, since a sign-in begins a session that knows nothing of the one before.
    """

    def handle(request: HttpRequest) -> HttpResponseBase:
        response, cookie = get_response(request), settings.ENVIRONMENT_COOKIE_NAME
        visited = _visited(request, response)
        if visited and visited != request.COOKIES.get(cookie):
            response.set_cookie(
                cookie,
                visited,
                max_age=settings.ENVIRONMENT_COOKIE_AGE,
                secure=True,
                httponly=True,
                samesite="Lax",
            )
        return response

    return handle


def _visited(request: HttpRequest, response: HttpResponseBase) -> str:
    """The environment of a page that a person has opened; "" for what was refused, sent, or
    refreshed by itself."""
    match = request.resolver_match
    is_opened = request.method == "GET" and response.status_code == 200
    if match is None or not is_opened or "X-Quiet-Refresh" in request.headers:
        return ""
    return str(match.kwargs.get("environment", ""))


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
        if not _is_there(session):
            return False
    session.modified = False
    return True


def _is_there(session: SessionBase) -> bool:
    return bool(session.session_key and session.exists(session.session_key))


def _session_not_kept(request: HttpRequest) -> HttpResponse:
    """Another request deleted its row meanwhile, or the database cannot be written."""
    if _is_there(request.session):
        return _database_away(request)
    request.session.modified = False
    return _sign_in_again(request)


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    url = f"{reverse('sign_in')}?expired"
    if wants_json(request):
        problem = {
            "title": "Your session has ended",
            "text": TYPING_KEPT,
            "remedy": "Sign in again in another tab, then send it once more.",
        }
        return JsonResponse({"problem": problem, "sign_in": url}, status=401)
    return redirect(url)
