"""One's own address for calendar programs: made, shown once, ended."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ...permissions import actor_of, ensure_fresh_proof_for_account
from ...services.people.calendar_feed import end_feed, make_feed
from ..notices import redirect_with_notice


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """The POST answers with the page, and nothing leads back to it."""
    ensure_fresh_proof_for_account(request, "make a calendar address")
    token = make_feed(actor_of(request), request.user)
    address = request.build_absolute_uri(reverse("calendar", args=[token]))
    return render(request, "people/calendar.html", {"address": address})


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Asks for no proof: it takes power away."""
    return redirect_with_notice(end_feed(actor_of(request), request.user), "account")
