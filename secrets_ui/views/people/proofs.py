"""Proofs of identity, of every kind.

Their failures count together, by account name, over all workers.
"""

from __future__ import annotations

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.utils import reset as forget_failures
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest

from ...domain.audit.actions import Action, Outcome
from ...forms.people import ProofForm
from ...identity import passkeys, second_factor
from ...permissions import actor_of, note_proof
from ...services import audit
from ...services.people.sessions import rename_session


def check_proof(
    request: HttpRequest, person: Any, form: ProofForm, *allowed: str
) -> tuple[str, bool]:
    """What was given as a proof ("password", "code", "recovery code", "passkey", or "" for
    nothing), and whether it is right."""
    kind, given = form.given(*allowed)
    name = person.get_username()
    if kind == "password":
        # axes counts failures of passwords by itself.
        who = authenticate(request, username=name, password=given)
        is_right = who is not None and who.pk == person.pk
    elif not kind or not AxesProxyHandler.is_allowed(request, {"username": name}):
        return kind, False
    else:
        kind, is_right = _check_factor(person, kind, given)
        if not is_right:
            user_login_failed.send(__name__, credentials={"username": name}, request=request)
    if is_right:
        forget_failures(username=name)
    return kind, is_right


def _check_factor(person: Any, kind: str, given: str) -> tuple[str, bool]:
    if kind == "passkey":
        return kind, passkeys.check_passkey(person, given)
    found = second_factor.check_code(person, given)
    return found or "code", bool(found)


def offered(request: HttpRequest, person: Any) -> dict[str, Any]:
    """What a page needs in order to ask for proofs.

    Each call makes a new challenge for a passkey.
    """
    types = {factor.type for factor in second_factor.factors_of(person)}
    has_passkey = second_factor.Type.WEBAUTHN in types
    can_use = has_passkey and passkeys.can_be_used_at(request)
    return {
        "has_password": person.has_usable_password(),
        "has_codes": bool(types),  # recovery codes count as well
        "has_passkey": has_passkey,
        "passkey_options": passkeys.request_options(person) if can_use else "",
    }


def end_step_up(request: HttpRequest, how: str, at: int | None = None) -> None:
    """Records the step-up, then gives the web session a new id, so that one that leaked before is
    worth nothing."""
    audit.record(Action.STEP_UP, actor_of(request), details={"by": how})
    before = str(request.session.session_key)
    request.session.cycle_key()
    rename_session(before, str(request.session.session_key))
    note_proof(request, at)


def refuse_step_up(request: HttpRequest, how: str) -> None:
    audit.record(Action.STEP_UP, actor_of(request), Outcome.REFUSED, details={"by": how})
