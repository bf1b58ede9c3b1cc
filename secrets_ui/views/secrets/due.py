"""Keys by when they are due: a page, as a list or as months, and a calendar for other programs."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ...domain.environment import Environment
from ...domain.secrets.due import Why
from ...domain.secrets.icalendar import Entry, write_calendar
from ...domain.secrets.months import by_month
from ...permissions import ensure_somewhere, enter, environments_with, may, sight_of
from ...services.changes.rotations import under_way
from ...services.people.calendar_feed import person_behind
from ...services.secrets.due import DueKey, DueList, read_due
from ..answers import plain_answer

# Rows of what is due later: each costs most of a millisecond, and months have them all.
MOST_LATER = 300
_SUMMARIES = {
    Why.AGE: "Rotate {what}",
    Why.EXPIRY: "{what} expires",
    Why.KNOWN: "Rotate {what}: known to somebody who left",
    Why.ROTATION: "AWS rotates {what}",
}


@require_GET
def due(request: HttpRequest) -> HttpResponse:
    return _page(request, ensure_somewhere(request, "secret.view"))


@require_GET
def environment_due(request: HttpRequest, environment: str) -> HttpResponse:
    chosen = enter(request, "secret.view", environment)
    return _page(request, [chosen], environment=chosen)


def _page(request: HttpRequest, places: list[Environment], **more: Any) -> HttpResponse:
    is_visible = sight_of(request, places)
    found = read_due(places, is_visible)
    as_months = request.GET.get("by") == "month"
    context = {
        "found": found,
        "later": found.later[:MOST_LATER],
        "left_off": max(0, len(found.later) - MOST_LATER),
        "months": by_month(found.keys) if as_months else None,
        "places": places,
        "rotatable": _rotatable(request, found),
        "under_way": under_way(places, is_visible),
        "may_see_status": bool(environments_with(request, "status.view")),
        **more,
    }
    return render(request, "secrets/due.html", context)


def _rotatable(request: HttpRequest, found: DueList) -> set[str]:
    """The secrets whose keys the person may replace, without those that AWS rotates."""
    by_aws = {key.where for key in found.keys if key.why is Why.ROTATION}
    return {
        key.where
        for key in found.keys
        if key.where not in by_aws and may(request, "secret.edit", key.environment, key.secret)
    }


@login_not_required
@require_GET
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever holds the token, what its person may see now."""
    person = person_behind(token, str(request.META.get("REMOTE_ADDR", "")))
    if person is None:
        return HttpResponse("not found\n", content_type="text/plain", status=404)
    request.user = person
    places = environments_with(request, "secret.view")
    found = read_due(places, sight_of(request, places))
    return plain_answer(_calendar(found), "text/calendar")


def _calendar(found: DueList) -> str:
    """Names and dates alone: who knows a value stands on the page."""
    entries = [entry for key in found.keys if (entry := _entry(key))]
    for name in found.stale:
        summary = f"Miyabi secrets: {name} was not checked lately, so its dates may be old"
        entries.append(Entry(("stale", name), found.now.date(), summary))
    return write_calendar("Miyabi secrets", entries, found.now)


def _entry(key: DueKey) -> Entry | None:
    if key.at is None:
        return None
    identity = (key.environment.name, key.secret, key.key, key.why)
    summary = _SUMMARIES[key.why].format(what=key.key or key.short)
    return Entry(identity, key.at.date(), f"{summary} ({key.environment.name})", key.secret)
