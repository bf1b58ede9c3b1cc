"""Step-up: a fresh proof of who one is, before what needs one. It gives the session a new id, and goes on record."""

from __future__ import annotations

from axes.utils import reset as axes_reset
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ..access import actor_of, note_proof
from ..forms import PasswordForm
from ..services import audit
from .answers import next_of


@require_http_methods(["GET", "POST"])
def step_up(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    failed = False
    if request.method == "POST" and form.is_valid():
        if _is_theirs(request, form.cleaned_data["password"]):
            end_step_up(request, "password")
            return redirect(next_of(request))
        refuse_step_up(request, "password")
        failed = True
    context = {
        "form": form,
        "failed": failed,
        "next": next_of(request, ""),
        "done": "done" in request.GET,
        "has_password": request.user.has_usable_password(),
    }
    return render(request, "account/step_up.html", context, status=403 if failed else 200)


def _is_theirs(request: HttpRequest, password: str) -> bool:
    """By the way that sign-in takes, so that failures count under the same name."""
    person = authenticate(request, username=request.user.get_username(), password=password)
    if person is None or person.pk != request.user.pk:
        return False
    axes_reset(username=request.user.get_username())  # as a sign-in does
    return True


def end_step_up(request: HttpRequest, how: str, at: int | None = None) -> None:
    """On record first. A session id that somebody learnt before is worth nothing after."""
    audit.record("step_up", actor_of(request), details={"by": how})
    request.session.cycle_key()
    note_proof(request, at)


def refuse_step_up(request: HttpRequest, how: str, why: str = "") -> None:
    audit.record(
        "step_up", actor_of(request), "refused", details={"by": how, **({"why": why} if why else {})}
    )
