"""Changes without a second person, the look at them afterwards, and proposals put on top."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from ...domain.errors import SecretNotEditable
from ...forms.confirming import ReasonForm
from ...models import AuditRecord
from ...permissions import actor_of, ensure_fresh_proof, enter, enter_to_change
from ...services.changes import emergencies
from ...services.changes.proposals import ensure_waiting, find_proposal
from ...services.changes.put_on_top import put_on_top as put_on_top_of_current
from ...services.configuration import get_environment
from ...services.status.read import want_a_pass
from ..notices import redirect_with_notice
from .saving import page_after


@require_POST
def make_current(request: HttpRequest, environment: str, sequence: int) -> HttpResponse:
    """An emergency: with the right to edit, and a fresh proof whatever the rules say."""
    found = find_proposal(get_environment(environment), sequence)
    chosen = enter(request, "secret.edit", environment, _secret_of(found))
    ensure_fresh_proof(request, chosen, "secret.edit", _secret_of(found))
    proposed = ensure_waiting(found)
    made = emergencies.make_current_in_emergency(
        chosen, actor_of(request), proposed, _reason(request)
    )
    want_a_pass()
    return redirect(f"{reverse('secret', args=[chosen.name, made.secret])}?saved={sequence}")


@require_POST
def look_at(request: HttpRequest, environment: str, sequence: int) -> HttpResponse:
    found = emergencies.find_emergency(get_environment(environment), sequence)
    secret = found.secret if found else ""
    chosen = enter_to_change(request, "change.decide", environment, secret)
    if found is None:
        raise SecretNotEditable(
            "Somebody has looked at it already, or there is no emergency with this number."
        )
    done = emergencies.look_at(chosen, actor_of(request), found, _reason(request))
    want_a_pass()
    return redirect_with_notice(done, "changes", chosen.name)


@require_POST
def put_on_top(request: HttpRequest, environment: str, sequence: int) -> HttpResponse:
    found = find_proposal(get_environment(environment), sequence)
    chosen = enter_to_change(request, "secret.edit", environment, _secret_of(found))
    proposed = ensure_waiting(found)
    saved = put_on_top_of_current(chosen, actor_of(request), proposed)
    return redirect(page_after(chosen, proposed.secret, saved))


def _secret_of(proposed: AuditRecord | None) -> str:
    """The secret of a proposal, "" where none waits: whoever may not enter is not told which."""
    return proposed.secret if proposed else ""


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    return str(form.cleaned_data["reason"])
