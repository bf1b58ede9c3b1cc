"""The list of an environment's secrets, and the page of one. They read no known version's value."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from ...domain.environment import Environment
from ...domain.errors import AwsError, SecretNotFound
from ...domain.secrets.adoption import adoption_of
from ...domain.secrets.secret import AWSPREVIOUS
from ...permissions import (
    actor_of,
    comparable,
    ensure_somewhere,
    enter,
    environments_with,
    has_fresh_proof,
    is_limited,
    last_visited,
    may,
    needs_proof,
    reach_of,
)
from ...services.changes.emergencies import open_emergencies
from ...services.changes.managed import deletion_of, what_was_done
from ...services.changes.proposals import proposals_of
from ...services.changes.rotations import open_rotations
from ...services.secrets import listing, opening
from ...services.secrets.debts import debts_of_secret, learnt_of_secret
from ...services.secrets.read_other_environments import read_other_environments
from ...services.secrets.trials import trials_of
from ...services.status.read import row_of
from ..notices import notice_of
from .on_record import page_from_records


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Where a sign-in lands: the environment that was visited last."""
    visible = ensure_somewhere(request, "secret.view")
    return redirect("secrets", (last_visited(request, visible) or visible[0]).name)


@require_GET
def list_secrets(request: HttpRequest, environment: str) -> HttpResponse:
    chosen = enter(request, "secret.view", environment)
    text, token = request.GET.get("q", "").strip()[:200], request.GET.get("page", "")[:4096]
    others = comparable(request)
    if text or is_limited(request, "secret.view", chosen):
        is_visible = partial(may, request, "secret.view", chosen)
        found = listing.filter_secrets(chosen, actor_of(request), others, text, is_visible)
    else:
        found = listing.list_secrets(chosen, actor_of(request), others, token)
    context = {
        "environment": chosen,
        "listing": found,
        "text": text,
        "token": token,
        "may_edit": may(request, "secret.edit", chosen),
        "may_manage": may(request, "secret.manage", chosen),
        "reach": reach_of(request, "secret.view", chosen),
    }
    return render(request, "secrets/list.html", context)


@require_GET
def open_secret(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter(request, "secret.view", environment, name)
    asked = opening.begin_to_open(chosen, name, actor_of(request))
    # The database is asked while AWS answers.
    read_other_environments(chosen, actor_of(request), comparable(request))
    learnt = learnt_of_secret(chosen, asked.name)
    kept = {
        "found": row_of(chosen, name) if may(request, "status.view", chosen) else None,
        "proposed": proposals_of(chosen, name),
        "rotations": open_rotations(chosen, name),
        "emergencies": open_emergencies(chosen, name),
    }
    try:
        opened = opening.opened(asked)
    except SecretNotFound:
        raise
    except AwsError as error:
        page = "secrets/on_record.html"
        return page_from_records(request, chosen, name, error, page, kept)
    context = kept | _opened(request, chosen, name, opened)
    context["debts"] = debts_of_secret(chosen, asked.name, opened.secret.current, learnt)
    return render(request, "secrets/detail.html", context)


def _opened(
    request: HttpRequest, chosen: Environment, name: str, opened: opening.OpenSecret
) -> dict[str, Any]:
    """What the page has of a secret that AWS has described, and what this person may do with it."""
    may_reveal = chosen.rules.reveal and may(request, "secret.reveal", chosen, name)
    audited = {place.name for place in environments_with(request, "audit.view")}
    saved = request.GET.get("saved", "")
    return {
        "environment": chosen,
        "opened": opened,
        "may_reveal": may_reveal,
        "is_write_only": not chosen.rules.reveal,
        "is_fresh": may_reveal and has_fresh_proof(request, chosen),
        "trials": trials_of(opened.spec, opened.facts),
        "secret": opened.secret,
        "saved": saved if saved.isdecimal() else "",
        "undo": opened.secret.version_with(AWSPREVIOUS),
        "may_edit": may(request, "secret.edit", chosen, name),
        "may_manage": may(request, "secret.manage", chosen),
        "deletion": deletion_of(chosen, opened.secret),
        "done": what_was_done(chosen, opened.secret.name, request.GET.get("done", "")),
        "notice": notice_of(request),
        "adoption": adoption_of(opened.secret, opened.spec),
        "may_audit": may(request, "audit.view", chosen),
        "may_check": may(request, "access.check", chosen, name),
        "audited": audited,
        "may_acknowledge": may(request, "status.acknowledge", chosen),
        "asks_for_proof": needs_proof(request, chosen),
    }
