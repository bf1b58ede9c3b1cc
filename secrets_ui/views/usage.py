"""Reads, alarms and cost, asked of AWS when a page is opened; who read a secret, as it is kept."""

from datetime import UTC, datetime

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from ..forms.usage import ReadsFilterForm
from ..permissions import actor_of, ensure_somewhere, enter, may
from ..services.usage.cost import estimate_cost
from ..services.usage.older_reads import find_older_reads
from ..services.usage.reads import MOST_SENT, MOST_SHOWN, as_csv, as_json, find_reads
from ..services.usage.usage import read_usage
from .answers import plain_answer


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


@require_GET
def reads(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """Who read a secret; `?as=csv` and `?as=json` send the calls that fit the filter as a file."""
    chosen = enter(request, "access.check", environment, name)
    form, form_of_answer = ReadsFilterForm(request.GET), request.GET.get("as")
    if not form.is_valid():
        raise BadRequest
    is_file = form_of_answer in ("csv", "json")
    most = MOST_SENT if is_file else MOST_SHOWN
    found = find_reads(chosen, name, **form.cleaned_data, most=most)
    if form_of_answer == "csv":
        answer = plain_answer(as_csv(found), "text/csv")
        answer["Content-Disposition"] = str(
            content_disposition_header(True, f"reads-{chosen.name}.csv")
        )
        return answer
    if form_of_answer == "json":
        return plain_answer(as_json(found), "application/json")
    query = request.GET.copy()
    query.pop("as", None)
    context = {
        "environment": chosen,
        "name": found.secret,
        "found": found,
        "form": form,
        "query": f"{query.urlencode()}&" if query else "",
        "may_ask_older": chosen.trail_log_group and may(request, "access.who", chosen, name),
    }
    return render(request, "usage/reads.html", context)


@require_POST
def older_reads(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """Ask the trail's log group for the year before the 90 days, which costs by what it scans."""
    chosen = enter(request, "access.who", environment, name)
    older = find_older_reads(chosen, name, datetime.now(UTC), actor_of(request))
    context = {"environment": chosen, "name": older.secret, "older": older}
    return render(request, "usage/older_reads.html", context)
