"""Step-up: a fresh proof of who one is, before what needs one. It gives the session a new id, and goes on record."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ..forms import ProofForm
from ..identity.people import comes_from_provider
from ..permissions import actor_of, note_proof
from ..services import audit
from ..services.people.sessions import rename_session
from .answers import next_of
from .proofs import check_proof, offered
from .sso import is_configured


@require_http_methods(["GET", "POST"])
def step_up(request: HttpRequest) -> HttpResponse:
    form, failed = ProofForm(request.POST or None), False
    if request.method == "POST" and form.is_valid():
        kind, is_right = check_proof(request, request.user, form, "password", "code", "passkey")
        if is_right:
            end_step_up(request, kind)
            return redirect(next_of(request))
        if kind:
            refuse_step_up(request, kind)
        failed = True
    context = {
        "failed": failed,
        "next": next_of(request, ""),
        "done": "done" in request.GET,
        "by_provider": is_configured() and comes_from_provider(request.user),
        **offered(request, request.user),
    }
    return render(request, "account/step_up.html", context, status=403 if failed else 200)


def end_step_up(request: HttpRequest, how: str, at: int | None = None) -> None:
    """On record first. A session id that somebody learnt before is worth nothing after."""
    audit.record("step_up", actor_of(request), details={"by": how})
    before = str(request.session.session_key)
    request.session.cycle_key()
    rename_session(before, str(request.session.session_key))
    note_proof(request, at)


def refuse_step_up(request: HttpRequest, how: str, why: str = "") -> None:
    audit.record(
        "step_up", actor_of(request), "refused", details={"by": how, **({"why": why} if why else {})}
    )
