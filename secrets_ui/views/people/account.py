"""One's own account: password and second factors of a local account.

Each change needs a fresh proof of identity, and is recorded.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ...domain.audit.actions import Action
from ...domain.errors import NotPermitted
from ...forms.people import NewCodesForm, NewPasskeyForm
from ...identity import passkeys, second_factor
from ...permissions import actor_of, ensure_fresh_proof_for_account
from ...services import audit
from ...services.configuration import environments
from ...services.people.calendar_feed import feed_of
from ...services.people.people import find_person
from ...services.people.sessions import end_sessions, renewing
from ..notices import notice_of, redirect_with_notice

_WORDS = {second_factor.Type.TOTP: "code", second_factor.Type.WEBAUTHN: "passkey"}


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    name, own = request.user.get_username(), find_person(request.user.pk or 0, environments())
    context = {
        "notice": notice_of(request, name),
        "grants": own.grants if own else (),
        **_facts(request),
    }
    return render(request, "people/account.html", context)


def _is_local(person: Any) -> bool:
    return bool(person.has_usable_password())


def _facts(request: HttpRequest) -> dict[str, Any]:
    factors = second_factor.factors_of(request.user)
    return {
        "is_local": _is_local(request.user),
        "factors": factors,
        "has_codes": any(factor.type == second_factor.Type.TOTP for factor in factors),
        "codes_left": second_factor.recovery_codes_left(request.user),
        "must_enrol": bool(request.session.get("enrol")),
        "is_required": settings.SECOND_FACTOR_REQUIRED,
        "feed": feed_of(request.user),
    }


@require_http_methods(["GET", "POST"])
def enrol_codes(request: HttpRequest) -> HttpResponse:
    _ensure_may_change(request, "enrol a second factor")
    seed = request.session.setdefault("new_seed", second_factor.new_seed())
    form, failed = NewCodesForm(request.POST or None), False
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        add = partial(second_factor.enrol_codes, request.user, seed, code)
        if recorded := _change_factors(request, Action.ADD_FACTOR, "code", add):
            del request.session["new_seed"]
            return _enrolled(request, recorded)
        failed = True
    context = {
        "qr_code": second_factor.qr_code(request.user, seed),
        "seed": second_factor.readable_seed(seed),
        "failed": failed,
        **_facts(request),
    }
    return render(request, "people/enrol_codes.html", context, status=400 if failed else 200)


@require_http_methods(["GET", "POST"])
def enrol_passkey(request: HttpRequest) -> HttpResponse:
    _ensure_may_change(request, "enrol a second factor")
    form, failed = NewPasskeyForm(request.POST or None), False
    if request.method == "POST":
        add = partial(_add_passkey, request.user, form)
        if recorded := _change_factors(request, Action.ADD_FACTOR, "passkey", add):
            return _enrolled(request, recorded)
        failed = True
    can_use = passkeys.can_be_used_at(request)
    context = {
        "options": passkeys.creation_options(request.user) if can_use else "",
        "failed": failed,
        **_facts(request),
    }
    return render(request, "people/enrol_passkey.html", context, status=400 if failed else 200)


def _add_passkey(person: Any, form: NewPasskeyForm) -> bool:
    return form.is_valid() and passkeys.add_passkey(
        person, form.cleaned_data["name"], form.cleaned_data["passkey"]
    )


@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """The fresh proof stands in for the old password.

    All other web sessions end: whoever knew it may have one open.
    """
    _ensure_may_change(request, "change the password")
    form: SetPasswordForm[Any] = SetPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        recorded = audit.record(Action.CHANGE_PASSWORD, actor_of(request))
        end_sessions(form.save(), but=str(request.session.session_key))
        # The session gets a new id; the old one is worth nothing.
        with renewing(request.session):
            update_session_auth_hash(request, form.user)
        return redirect_with_notice(recorded.mark, "account")
    return render(
        request, "people/change_password.html", {"form": form}, status=400 if form.is_bound else 200
    )


@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Shown once: the POST answers with the page, and nothing leads back to it."""
    _ensure_may_change(request, "make recovery codes")
    if not second_factor.has_second_factor(request.user):
        return redirect("account")
    audit.record(Action.MAKE_RECOVERY_CODES, actor_of(request))
    codes = second_factor.make_recovery_codes(request.user)
    return render(request, "people/recovery_codes.html", {"codes": codes})


@require_POST
def remove_factor(request: HttpRequest, number: int) -> HttpResponse:
    _ensure_may_change(request, "remove a second factor")
    if settings.SECOND_FACTOR_REQUIRED and len(second_factor.factors_of(request.user)) < 2:
        raise NotPermitted(
            "This is your only second factor, and your account needs one.",
            remedy="Set up another one first, then remove this one.",
        )
    factors = second_factor.factors_of(request.user)
    kind = next((_WORDS[factor.type] for factor in factors if factor.pk == number), "")
    remove = partial(second_factor.remove_factor, request.user, number)
    recorded = kind and _change_factors(request, Action.REMOVE_FACTOR, kind, remove)
    return redirect_with_notice(recorded.mark, "account") if recorded else redirect("account")


def _ensure_may_change(request: HttpRequest, action: str) -> None:
    """Raises NotPermitted for somebody who signs in at the provider, and StepUpNeeded."""
    if not _is_local(request.user):
        raise NotPermitted(
            "You sign in at your company's identity provider, and your password and second "
            "factors are there too.",
            remedy="Change them where you sign in.",
        )
    ensure_fresh_proof_for_account(request, action)


class _NotChanged(Exception):
    """What was given as a new factor does not fit, or there is no such factor any more."""


def _change_factors(
    request: HttpRequest, action: Action, kind: str, change: Callable[[], object]
) -> audit.Recorded | None:
    """Makes a change and records it in one transaction; None where `change` came to nothing.

    All other web sessions end: one may be open without the person's knowledge.
    """

    def make() -> None:
        if not change():
            raise _NotChanged
        end_sessions(request.user, but=str(request.session.session_key))

    try:
        return audit.record(action, actor_of(request), details={"kind": kind}, in_transaction=make)
    except _NotChanged:
        return None


def _enrolled(request: HttpRequest, recorded: audit.Recorded) -> HttpResponse:
    """With the first factor come recovery codes, so that whoever loses the device does not lose the
    account."""
    request.session.pop("enrol", None)
    if second_factor.recovery_codes_left(request.user):
        return redirect_with_notice(recorded.mark, "account")
    audit.record(Action.MAKE_RECOVERY_CODES, actor_of(request))
    return render(
        request,
        "people/recovery_codes.html",
        {"codes": second_factor.make_recovery_codes(request.user), "is_first": True},
    )
