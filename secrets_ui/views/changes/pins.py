"""The page on which a version is pinned under a name, and a pin taken off."""

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from ...domain.environment import Environment
from ...domain.errors import ConsoleError, InvalidChange, NothingChanged, SecretNotEditable
from ...domain.secrets.pins import PinTaken
from ...forms.pins import PinForm, PinVersionForm
from ...permissions import actor_of, enter_to_change, may
from ...services.changes import pins
from ...services.secrets.history import history_of
from ..answers import page_with_refusal
from ..notices import redirect_with_notice


@require_http_methods(["GET", "POST"])
def pin(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter_to_change(request, "secret.edit", environment, name)
    if request.method == "GET":
        asked = PinVersionForm(request.GET)
        if not asked.is_valid():
            raise BadRequest
        return _page(request, chosen, name, asked.cleaned_data)
    form = PinForm(request.POST)
    if "version" in form.errors or "do" in form.errors:
        raise BadRequest
    try:
        if not form.is_valid():
            raise InvalidChange("Give the pin a name of 1 to 60 characters.", key="name")
        wanted = dict(form.cleaned_data)
        act = pins.pin if wanted.pop("do") == "pin" else pins.unpin
        done = act(chosen, actor_of(request), pins.Pin(name, **wanted))
    except (InvalidChange, NothingChanged, PinTaken, SecretNotEditable) as refusal:
        return _page(request, chosen, name, form.cleaned_data, refusal)
    return redirect_with_notice(done, "history", chosen.name, name)


def _page(
    request: HttpRequest,
    environment: Environment,
    name: str,
    typed: dict[str, Any],
    refusal: ConsoleError | None = None,
) -> HttpResponse:
    found = history_of(environment, actor_of(request), name)
    entry = next((entry for entry in found.entries if entry.id == typed["version"]), None)
    context = {
        "environment": environment,
        "secret": found.secret,
        "version": typed["version"],
        "entry": entry,
        "labels": found.labels,
        "is_gone": found.is_whole and not (entry and entry.version),
        "typed": typed,
        "taken": refusal.version if isinstance(refusal, PinTaken) else "",
        "may_audit": may(request, "audit.view", environment),
    }
    return page_with_refusal(request, "changes/pin.html", context, refusal)
