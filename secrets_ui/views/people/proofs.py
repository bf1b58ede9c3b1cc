"""Proofs of identity, of every kind.

Their failures count together, by account name, over all workers.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ...domain.audit.actions import Action
from ...forms.people import ProofForm
from ...identity import passkeys, second_factor
from ...permissions import actor_of, note_proof
from ...services import audit
from ...services.people.sessions import renewing
from ...services.people.tries import Try


@dataclass(frozen=True)
class Checked:
    """`kind` is what was given as a proof ("password", "code", "recovery code", "passkey", or ""
    for nothing); `is_locked` that the name takes no more of them for a while."""

    kind: str
    is_right: bool = False
    is_locked: bool = False


def check_proof(request: HttpRequest, person: Any, form: ProofForm, *allowed: str) -> Checked:
    kind, given = form.given(*allowed)
    if not kind:
        return Checked("")
    tried = Try(person.get_username())
    found = tried.verify(lambda: _verified(request, person, kind, given))
    if found:
        tried.is_whole_proof()
    return Checked(found or kind, bool(found), tried.is_locked)


def _verified(request: HttpRequest, person: Any, kind: str, given: str) -> str:
    """The proof's kind by what it turned out to be, "" when it is wrong."""
    if kind == "password":
        who = authenticate(request, username=person.get_username(), password=given)
        return kind if who is not None and who.pk == person.pk else ""
    if kind == "passkey":
        return kind if passkeys.check_passkey(person, given) else ""
    return second_factor.check_code(person, given)


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
    with renewing(request.session):
        request.session.cycle_key()
    note_proof(request, at)


def refuse_step_up(request: HttpRequest, how: str) -> None:
    audit.refuse_counted(Action.STEP_UP, actor_of(request), details={"by": how})


def locked_out(request: HttpRequest) -> HttpResponse:
    """For a name with too many failures, whatever was given."""
    context = {"minutes": settings.LOCK_SECONDS // 60}
    return render(request, "people/locked_out.html", context, status=429)
