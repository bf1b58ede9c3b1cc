"""What holds for every request: its measure, headers and body, and who answers it."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from secrets_ui.lanes import NoThreadFree
from secrets_ui.measures import observe_request
from secrets_ui.views.answers import error_answer
from secrets_ui.views.errors import too_large
from secrets_ui.views.status.health import livez, readyz

Next = Callable[[HttpRequest], HttpResponseBase]


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
