"""Reads, alarms and cost, asked of AWS when the page is opened."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ..permissions import actor_of, ensure_somewhere, enter
from ..services.usage.cost import reckon_cost
from ..services.usage.usage import look_at_usage


@require_GET
def usage(request: HttpRequest, environment: str) -> HttpResponse:
    chosen = enter(request, "status.view", environment)
    [found] = look_at_usage([chosen], actor_of(request))
    reckoning = reckon_cost([found])
    context = {
        "environment": chosen,
        "usage": found,
        "reckoning": reckoning,
        "cost": reckoning.environments[0].cost,
    }
    return render(request, "usage/usage.html", context)


@require_GET
def cost(request: HttpRequest) -> HttpResponse:
    environments = ensure_somewhere(request, "status.view")
    reckoning = reckon_cost(look_at_usage(environments, actor_of(request), with_alarms=False))
    return render(request, "usage/cost.html", {"reckoning": reckoning})
