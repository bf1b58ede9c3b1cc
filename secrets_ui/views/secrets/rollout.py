"""Whether the current version of a secret has arrived: a page, and the same as JSON."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ...domain.secrets.rollout import Rollout
from ...permissions import actor_of, enter
from ...services.secrets.rollout import as_json, look
from ..answers import plain_answer

# Seconds between two looks of an open page, while a version is on its way and later.
SOON, LATER = 15, 300
ON_ITS_WAY = timedelta(hours=1)


@require_GET
def rollout(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """Asks AWS each time. `?as=json` is for programs. What an open page fetches by itself leaves
    the weaker evidence out: CloudTrail takes two questions a second of all who ask in the account.
    """
    chosen = enter(request, "secret.view", environment, name)
    is_again = "X-Quiet-Refresh" in request.headers
    found = look(chosen, name, actor_of(request), with_hints=not is_again)
    if request.GET.get("as") == "json":
        return plain_answer(as_json(found), "application/json")
    context = {
        "environment": chosen,
        "name": found.secret,
        "found": found,
        "level": {True: "ok", False: "warn", None: "mute"}[found.arrived],
        "refresh": _seconds_until_the_next(found),
    }
    return render(request, "secrets/rollout.html", context)


def _seconds_until_the_next(found: Rollout) -> int:
    since = found.current_since
    is_young = since is not None and found.log.until - since < ON_ITS_WAY
    return SOON if is_young and not found.arrived else LATER
