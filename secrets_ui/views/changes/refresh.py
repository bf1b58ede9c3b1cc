"""What serves, and the button that has the function start fresh instances."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ...domain.changes.refresh import (
    MARKER,
    MAX_AGE,
    FunctionMoved,
    NotRefreshable,
    publish_commands,
    refresh_command,
)
from ...domain.environment import Environment
from ...domain.errors import ConsoleError, InvalidChange
from ...domain.people.roles import granting
from ...forms.changes import new_once
from ...forms.refresh import RefreshForm
from ...permissions import actor_of, enter, enter_to_change, may, needs_proof
from ...services.changes.refresh import (
    NOT_READABLE,
    describe,
    look,
    start_fresh_instances,
    was_started,
)
from ..answers import page_with_refusal
from .saving import Errors, field_errors


@require_http_methods(["GET", "POST"])
def refresh(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """Whoever sees the secret sees what serves, and what to do in a shell."""
    if request.method == "GET":
        return _page(request, enter(request, "secret.view", environment, name), name)
    chosen = enter_to_change(request, "function.refresh", environment, name)
    form = RefreshForm(request.POST)
    if errors := field_errors(form):
        return _page(request, chosen, name, errors)
    try:
        sequence = start_fresh_instances(chosen, actor_of(request), form.wanted(name))
    except InvalidChange as refusal:
        return _page(request, chosen, name, {refusal.key: [refusal.message]})
    except (FunctionMoved, NotRefreshable) as refusal:
        return _page(request, chosen, name, refusal=refusal)
    page = reverse("refresh", args=[chosen.name, name])
    return redirect(f"{page}?done={sequence}")


def _page(
    request: HttpRequest,
    environment: Environment,
    name: str,
    errors: Errors | None = None,
    refusal: ConsoleError | None = None,
) -> HttpResponse:
    secret = describe(environment, actor_of(request), name)
    looked, done = look(environment, actor_of(request)), request.GET.get("done", "")
    serving, where = looked.serving, (environment.lambda_function, environment.region)
    context = {
        "environment": environment,
        "secret": secret,
        "why_not": NOT_READABLE if secret.deleted else looked.why_not,
        "looked": looked,
        "serving": serving,
        "may_refresh": may(request, "function.refresh", environment, name),
        "roles": granting("function.refresh"),
        "asks_for_proof": needs_proof(request, environment),
        "may_audit": may(request, "audit.view", environment),
        "done": done if was_started(environment, name, done) else "",
        "command": refresh_command(*where),
        "publishing": [
            (alias, publish_commands(*where, alias.name))
            for alias in (serving.beyond if serving else ())
        ],
        "marker": MARKER,
        "max_age": MAX_AGE,
        "typed": request.POST,
        "once": new_once(),
        "errors": errors or {},
    }
    return page_with_refusal(
        request, "changes/refresh.html", context, refusal, 400 if errors else 200
    )
