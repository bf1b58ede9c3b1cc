"""Sign-in and step-up through the identity provider, and the callback of both."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ...domain.audit.actions import Action
from ...domain.errors import IdentityRefused
from ...domain.people.actor import Actor
from ...identity import oidc
from ...identity.people import admit, person_of
from ...permissions import actor_of
from ...services import audit
from ..answers import next_of, problem
from .proofs import end_step_up
from .sign_in import begin_session

SIGN_IN, STEP_UP = "sign-in", "step-up"


def _ensure_configured() -> None:
    if not oidc.is_configured():
        raise Http404


@login_not_required
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    _ensure_configured()
    if request.user.is_authenticated:
        return redirect(next_of(request))
    return redirect(oidc.begin(request, SIGN_IN, next_of(request), anew=False))


@require_POST
def step_up(request: HttpRequest) -> HttpResponse:
    _ensure_configured()
    return redirect(oidc.begin(request, STEP_UP, next_of(request), anew=True))


@login_not_required
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """The way back from the provider.

    A refusal is recorded, with the person's name where that was proven. Where another tab has
    signed in meanwhile, this one asks nothing more, and goes on to where it wanted.
    """
    _ensure_configured()
    if request.user.is_authenticated and (wanted := oidc.take_waiting_sign_in(request)):
        return redirect(wanted)
    try:
        state = oidc.take_state(request)
        if state["purpose"] == STEP_UP:
            _confirm(request, state)
        else:
            _enter(request, state)
    except IdentityRefused as refused:
        return _refused(request, refused)
    return redirect(state["next"])


def _enter(request: HttpRequest, state: dict[str, Any]) -> None:
    """An old sign-in at the provider is enough to sign in here; its time says whether it counts as
    a fresh proof."""
    identity = oidc.finish(request, state)
    person = admit(identity, str(request.META.get("REMOTE_ADDR", "")))
    begin_session(request, person, "provider", proved_at=identity.auth_time)


def _confirm(request: HttpRequest, state: dict[str, Any]) -> None:
    """The web session's person has to be the one who signed in at the provider since we asked.

    Raises IdentityRefused.
    """
    if not request.user.is_authenticated or request.user.pk != state["person"]:
        raise IdentityRefused(
            "The session that asked for this is over.", "session over or another person's"
        )
    identity = oidc.finish(request, state)
    if person_of(identity.subject) != request.user:
        raise IdentityRefused(
            "You signed in at the provider as somebody else than here.",
            "another subject than the session's",
            remedy="Confirm once more, with the account that you are signed in with here.",
        )
    oidc.ensure_proved_since(identity, int(state["asked_at"]))
    end_step_up(request, "provider", at=identity.auth_time)


def _refused(request: HttpRequest, refused: IdentityRefused) -> HttpResponse:
    is_signed_in = request.user.is_authenticated
    actor = (
        actor_of(request)
        if is_signed_in
        else Actor(refused.name or "unknown", str(request.META.get("REMOTE_ADDR", "")))
    )
    details = {"by": "provider", "why": refused.why}
    action = Action.STEP_UP if is_signed_in else Action.SIGN_IN
    audit.refuse_counted(action, actor, details=details)
    title = "Not confirmed" if is_signed_in else refused.title
    back = reverse("step_up") if is_signed_in else reverse("sign_in")
    context = {"problem": {**problem(refused), "title": title}, "status": 403, "back": back}
    return render(request, "people/sso_refused.html", context, status=403)
