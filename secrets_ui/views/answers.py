"""Answers in the form that the page asked for: HTML, or JSON for the page's own script."""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from ..domain.errors import AwsError, ConsoleError, InvalidChange, InvalidDocument, StepUpNeeded
from ..domain.texts import encodable
from ..logs import path_for_log

log = logging.getLogger("miyabi.http")
NOTHING_ELSE: Mapping[str, Any] = MappingProxyType({})


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def next_of(request: HttpRequest, default: str = "/") -> str:
    """Where to go on: a path of this console, in whatever spelling it was asked for."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if is_ours else default


def problem(error: ConsoleError) -> dict[str, Any]:
    """An error as people need it: what failed, why, what to do, AWS's code and request id."""
    answer: dict[str, Any] = {
        "error": type(error).__name__,
        "title": error.title,
        "text": error.message,
        "remedy": error.remedy,
    }
    if isinstance(error, AwsError):
        call = error.call
        answer |= {
            "operation": call.operation,
            "code": call.code,
            "request_id": call.request_id,
            "cli": call.cli,
        }
    if isinstance(error, InvalidDocument) and error.line:
        answer |= {"line": error.line, "column": error.column}
    if isinstance(error, InvalidChange) and error.key:
        answer["key"] = error.key
    if isinstance(error, StepUpNeeded):
        answer["step_up"] = reverse("step_up", query={"next": f"{reverse('step_up')}?done"})
    return answer


def page_with_refusal(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    refusal: ConsoleError | None,
    status: int = 200,
) -> HttpResponse:
    """The page, which says what was refused and has its status; else with `status`."""
    told = {"problem": problem(refusal) if refusal else None}
    code = refusal.status if refusal else status
    return render(request, template, {**context, **told}, status=code)


def plain_answer(text: str, content_type: str) -> HttpResponse:
    """A text that is no page, in UTF-8, whatever is in it."""
    return HttpResponse(encodable(text), content_type=f"{content_type}; charset=utf-8")


def log_refused(request: HttpRequest, error: ConsoleError) -> None:
    """An error that is no fault of the request goes into the log, with AWS's code."""
    if error.status < 500:
        return
    about = {"path": path_for_log(request.path), "error": type(error).__name__}
    if isinstance(error, AwsError):
        about |= {"code": error.call.code, "request_id": error.call.request_id}
    log.warning("refused", extra=about)


def error_answer(
    request: HttpRequest,
    error: ConsoleError,
    template: str = "errors/error.html",
    context: Mapping[str, Any] = NOTHING_ELSE,
) -> HttpResponse:
    """The error as a page, or as JSON; a `template` of a view tells more beside it."""
    told = {"problem": problem(error), "status": error.status}
    answer = (
        JsonResponse({"problem": told["problem"]})
        if wants_json(request)
        else render(request, template, {**context, **told})
    )
    answer.status_code = error.status
    if error.retry_after:
        answer["Retry-After"] = str(error.retry_after)
    return answer
