"""Reads, alarms and cost, asked of AWS when the page is opened."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ..permissions import actor_of, ensure_somewhere, enter
from ..services.usage.cost import estimate_cost
from ..services.usage.usage import read_usage


@require_GET
def usage(request: HttpRequest, environment: str) -> HttpResponse:
    chosen = enter(request, "status.view", environment)
    [found] = read_usage([chosen], actor_of(request))
    estimate = estimate_cost([found])
    context = {
        "environment": chosen,
        "usage": found,
        "estimate": estimate,
        "cost": estimate.environments[0].cost,
    }
    return render(request, "usage/usage.html", context)


@require_GET
def cost(request: HttpRequest) -> HttpResponse:
    environments = ensure_somewhere(request, "status.view")
    estimate = estimate_cost(read_usage(environments, actor_of(request), with_alarms=False))
    return render(request, "usage/cost.html", {"estimate": estimate})
