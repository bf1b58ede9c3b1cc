"""Sign-in and sign-out. Other ways in (an identity provider, a second factor) enter through `begin_session`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, get_user_model, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_http_methods, require_POST

from ..access import actor_of, note_proof
from ..domain.actor import Actor
from ..forms import SignInForm
from ..services import audit
from .answers import next_of


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("home")
    form = SignInForm(request.POST or None)
    failed = False
    if request.method == "POST" and form.is_valid():
        person = authenticate(request, **form.cleaned_data)
        if person is not None:
            begin_session(request, person)
            return redirect(next_of(request))
        _record_failure(request, form.cleaned_data["username"])
        failed = True
    context = {
        "form": form,
        "failed": failed,
        "next": next_of(request, ""),
        "expired": "expired" in request.GET,
    }
    return render(request, "account/sign_in.html", context, status=403 if failed else 200)


def begin_session(request: HttpRequest, person: Any) -> None:
    """The one door into a session, for every way of proving who one is. On record before it opens."""
    audit.record("sign_in", Actor(person.get_username(), _address(request)))
    login(request, person)  # gives the session a new id
    request.session["started"] = request.session["seen"] = int(time.time())
    note_proof(request)


def _record_failure(request: HttpRequest, typed: str) -> None:
    audit.record("sign_in", Actor(typed if _is_known(typed) else "unknown", _address(request)), "refused")


def counted_name(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """The name under which axes counts failures, and keeps them: of an account that exists, or a keyed hash."""
    typed = str((credentials or request.POST).get("username") or "")
    return (
        typed
        if _is_known(typed)
        else salted_hmac("miyabi.counted_name", typed, algorithm="sha256").hexdigest()
    )


def _is_known(typed: str) -> bool:
    """Only the names of accounts are kept; anything else that was typed may be a password in the wrong field."""
    return bool(get_user_model()._default_manager.filter(username=typed).exists())


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


@login_not_required
def locked_out(
    request: HttpRequest, response: Any = None, credentials: Any = None, *args: Any, **kwargs: Any
) -> HttpResponse:
    """axes calls this for a name with too many failures, whatever the password."""
    minutes = int(settings.AXES_COOLOFF_TIME * 60)
    return render(request, "account/locked_out.html", {"minutes": minutes}, status=429)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    audit.record("sign_out", actor_of(request))
    logout(request)
    return redirect("sign_in")
