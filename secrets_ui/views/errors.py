"""Error pages outside a view: not found, bad request, a failed CSRF check, a fault of ours."""

import logging
import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from ..domain.errors import ConsoleError
from ..domain.secrets.secret_value import MAX_BYTES
from ..logs import path_for_log
from .answers import error_answer, next_of

log = logging.getLogger("miyabi.http")


_SIGNING_IN = ("sign_in", "second_step", "sso_sign_in")


class _Told(ConsoleError):
    def __init__(self, status: int, title: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status, self.title = status, title


class ForeignForm(_Told):
    """A failed CSRF check; by this name the page's script takes a new token and tries again."""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_answer(
        request,
        _Told(
            404,
            "Page not found",
            "There is nothing at this address.",
            "Start from the list of secrets.",
        ),
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_answer(
        request,
        _Told(400, "Bad request", "The request could not be understood, so nothing was done."),
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_answer(
        request, _Told(403, "Not allowed", "This is not allowed, so nothing was done.")
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Signing in makes a new token. A sign-in page of ours that was open in another tab has the old
    one, and its person is signed in: they go on."""
    if _is_signed_in_elsewhere(request):
        return redirect(next_of(request))
    return error_answer(
        request,
        ForeignForm(
            403,
            "This form did not come from this console",
            "Nothing was done.",
            "Load the page again, then send the form from there.",
        ),
    )


def _is_signed_in_elsewhere(request: HttpRequest) -> bool:
    match = request.resolver_match
    own = f"{request.scheme}://{request.get_host()}"
    return (
        match is not None
        and match.url_name in _SIGNING_IN
        and request.headers.get("Origin") == own
        and request.user.is_authenticated
    )


def too_large(request: HttpRequest) -> HttpResponse:
    return error_answer(
        request,
        _Told(
            413,
            "Too large",
            "The form is larger than a secret can be, so it was not read.",
            f"A secret takes at most {MAX_BYTES:,} bytes.",
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    mark = uuid.uuid4().hex[:12]
    log.error("unhandled error", extra={"mark": mark, "path": path_for_log(request.path)})
    request.is_bare = True  # type: ignore[attr-defined]  # the frame may be what failed
    return error_answer(
        request,
        _Told(
            500,
            "A fault in this console",
            f"It is in the log under {mark}.",
            "Try again; if it stays, hand on that mark.",
        ),
    )
