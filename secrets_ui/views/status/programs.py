"""The status for programs: JSON by token or session, and metrics by token. Neither asks AWS."""

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from ...domain.environment import Environment
from ...permissions import ensure_somewhere
from ...services import configuration
from ...services.status.metrics import status_metrics
from ...services.status.report import status_report


@login_not_required
def status_json(request: HttpRequest) -> HttpResponse:
    """The token opens all environments, a web session those that the person may see; else 401."""
    if has_token(request, settings.STATUS_TOKEN):
        environments = list(configuration.environments().values())
    elif request.user.is_authenticated:
        environments = ensure_somewhere(request, "status.view")
    else:
        return _unauthorised()
    return _report(request, environments)


@require_GET
def _report(request: HttpRequest, environments: list[Environment]) -> HttpResponse:
    report, _ = status_report(environments)
    return JsonResponse(report)


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """For the token's holder alone; where none is set, for nobody."""
    if not has_token(request, settings.METRICS_TOKEN):
        return _unauthorised()
    return _metrics(request)


@require_GET
def _metrics(request: HttpRequest) -> HttpResponse:
    text = status_metrics(list(configuration.environments().values()))
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def has_token(request: HttpRequest, token: str) -> bool:
    """`Authorization: Bearer …`, compared in constant time."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return (
        bool(token)
        and scheme.lower() == "bearer"
        and hmac.compare_digest(given.strip().encode(), token.encode())
    )


def _unauthorised() -> HttpResponse:
    answer = HttpResponse("unauthorised\n", content_type="text/plain", status=401)
    answer["WWW-Authenticate"] = "Bearer"
    return answer
