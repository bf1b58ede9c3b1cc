"""Why one principal can, or cannot, do something with a secret: a page, and the same as JSON."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ...domain.access.reach import Ability
from ...domain.environment import Environment
from ...permissions import actor_of
from ...services.access.kept_readers import LIVE
from ...services.access.why import explain_access, explanation_as_json
from ..answers import plain_answer


def why(
    request: HttpRequest, environment: Environment, name: str, principal: str, ability: Ability
) -> HttpResponse:
    """Ask AWS and explain one answer. The caller has let the person in."""
    found = explain_access(environment, name, principal, ability, actor_of(request), LIVE)
    if request.GET.get("as") == "json":
        return plain_answer(explanation_as_json(found), "application/json")
    context = {"environment": environment, "name": found.secret, "found": found}
    return render(request, "access/why.html", context)
