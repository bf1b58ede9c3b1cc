"""Sign-in with a local account, and sign-out.

A sign-in through the identity provider calls `begin_session` as well.
"""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, get_user_model, login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_http_methods, require_POST

from ...domain.audit.actions import Action
from ...domain.errors import AuditUnavailable, SignedOutHereOnly
from ...domain.people.actor import Actor
from ...forms.people import ProofForm, SignInForm
from ...identity.oidc import WAITING, waiting_sign_ins
from ...identity.second_factor import has_second_factor
from ...permissions import actor_of, note_proof
from ...services import audit
from ...services.people.session_store import SessionStore
from ...services.people.sessions import forget_session, note_session
from ...services.people.tries import Try, counted_name, is_known
from ..answers import next_of
from .proofs import check_proof, locked_out, offered

# Between the password and the second factor.
PENDING_SECONDS = 300


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        # In another tab, perhaps.
        return redirect(next_of(request))
    form = SignInForm(request.POST or None)
    failed = False
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["username"]
        tried = Try(counted_name(name))
        person = tried.verify(lambda: authenticate(request, **form.cleaned_data))
        if person is not None:
            return _go_on(request, person, tried)
        _record_failure(request, name)
        if tried.is_locked:
            return locked_out(request)
        failed = True
    context = {
        "form": form,
        "failed": failed,
        "next": next_of(request, ""),
        "expired": "expired" in request.GET,
        "is_set": "set" in request.GET,
        "provider": settings.OIDC_LABEL if settings.OIDC_ISSUER else "",
    }
    return render(request, "people/sign_in.html", context, status=403 if failed else 200)


def _go_on(request: HttpRequest, person: Any, tried: Try) -> HttpResponse:
    """The password was right: in, or to the second factor."""
    if not has_second_factor(person):
        begin_session(request, person, "password")
        tried.is_whole_proof()
        if settings.SECOND_FACTOR_REQUIRED:
            request.session["enrol"] = True
        return redirect(next_of(request))
    tried.is_half_the_proof()
    request.session.cycle_key()
    request.session["pending"] = {
        "person": person.pk,
        "hash": person.get_session_auth_hash(),
        "at": int(time.time()),
    }
    return redirect(reverse("second_step", query={"next": next_of(request)}))


@login_not_required
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Asks for the second factor of whoever has just given the right password in this session."""
    person = _pending(request)
    if person is None:
        return redirect(reverse("sign_in", query={"next": next_of(request)}))
    form, failed = ProofForm(request.POST or None), False
    if request.method == "POST" and form.is_valid():
        checked = check_proof(request, person, form, "code", "passkey")
        if checked.is_right:
            begin_session(request, person, f"password and {checked.kind}")
            return redirect(next_of(request))
        if checked.kind:
            actor = Actor(person.get_username(), _address(request))
            audit.refuse_counted(Action.SIGN_IN, actor, details={"by": checked.kind})
        if checked.is_locked:
            return locked_out(request)
        failed = True
    context = {"failed": failed, "next": next_of(request, ""), **offered(request, person)}
    return render(request, "people/second_step.html", context, status=403 if failed else 200)


def _pending(request: HttpRequest) -> Any:
    """The person between the two steps, None when the password changed since or PENDING_SECONDS are
    over."""
    pending = request.session.get("pending") or {}
    if not 0 <= int(time.time()) - pending.get("at", 0) <= PENDING_SECONDS:
        return None
    person = get_user_model()._default_manager.filter(pk=pending["person"], is_active=True).first()
    is_same = person is not None and constant_time_compare(
        pending["hash"], person.get_session_auth_hash()
    )
    return person if is_same else None


def begin_session(request: HttpRequest, person: Any, by: str, proved_at: int | None = None) -> None:
    """Begins a web session, recorded first; every way of signing in ends here.

    `by` says how the person proved their identity, `proved_at` when (epoch seconds, now if left
    out).
    """
    actor = Actor(person.get_username(), _address(request))
    audit.record(Action.SIGN_IN, actor, details={"by": by})
    waiting = waiting_sign_ins(request)
    # Nothing of an earlier session is carried over but where its other tabs want to go.
    request.session.flush()
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    request.session["started"] = request.session["seen"] = int(time.time())
    if waiting:
        request.session[WAITING] = waiting
    note_proof(request, proved_at)
    browser = request.headers.get("User-Agent", "")
    note_session(str(request.session.session_key), person, by, _address(request), browser)


def _record_failure(request: HttpRequest, typed: str) -> None:
    actor = Actor(typed if is_known(typed) else "unknown", _address(request))
    audit.refuse_counted(Action.SIGN_IN, actor)


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Does not wait for the record. Raises SignedOutHereOnly."""
    actor = actor_of(request)

    def end() -> None:
        forget_session(str(request.session.session_key))
        logout(request)

    try:
        audit.record_when_possible(Action.SIGN_OUT, actor, in_transaction=end)
    except AuditUnavailable:
        # Without a session the answer takes the cookie away.
        request.session, request.user = SessionStore(), AnonymousUser()
        raise SignedOutHereOnly(settings.SESSION_IDLE_SECONDS) from None
    return redirect("sign_in")
