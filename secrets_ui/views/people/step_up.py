"""Step-up: a fresh proof of identity, before an act that needs one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ...forms.people import ProofForm
from ...identity import oidc
from ...identity.people import comes_from_provider
from ..answers import next_of
from .proofs import check_proof, end_step_up, locked_out, offered, refuse_step_up


@require_http_methods(["GET", "POST"])
def step_up(request: HttpRequest) -> HttpResponse:
    form, failed = ProofForm(request.POST or None), False
    if request.method == "POST" and form.is_valid():
        checked = check_proof(request, request.user, form, "password", "code", "passkey")
        if checked.is_right:
            end_step_up(request, checked.kind)
            return redirect(next_of(request))
        if checked.kind:
            refuse_step_up(request, checked.kind)
        if checked.is_locked:
            return locked_out(request)
        failed = True
    context = {
        "failed": failed,
        "next": next_of(request, ""),
        "done": "done" in request.GET,
        "by_provider": oidc.is_configured() and comes_from_provider(request.user),
        **offered(request, request.user),
    }
    return render(request, "people/step_up.html", context, status=403 if failed else 200)
