"""The answers to a save: where it leads, a conflict, and what is wrong in a form."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ...domain.changes.edit import Edit
from ...domain.environment import Environment
from ...domain.secrets.version import VersionConflict, short_version
from ...forms.changes import new_once
from ...permissions import actor_of
from ...services.changes.idempotency import Saved
from ...services.changes.review import explain_conflict
from ...services.changes.save import put_new_version
from ..answers import problem, wants_json

Errors = dict[str, list[str]]


def save(request: HttpRequest, environment: Environment, edit: Edit) -> HttpResponse:
    """Saves, or tells of the conflict. Raises what `put_new_version` raises else."""
    try:
        saved = put_new_version(environment, actor_of(request), edit)
    except VersionConflict as conflict:
        return conflict_answer(request, environment, edit, conflict)
    if edit.rotation:
        [key] = edit.touched
        return _answer(request, rotation_address(environment, edit.secret, key))
    return leads_to(request, environment, edit.secret, saved)


def rotation_address(environment: Environment, secret: str, key: str) -> str:
    """The page of a key's rotation."""
    return reverse("rotate", args=[environment.name, secret], query={"key": key})


def leads_to(
    request: HttpRequest, environment: Environment, secret: str, saved: Saved
) -> HttpResponse:
    return _answer(request, page_after(environment, secret, saved))


def _answer(request: HttpRequest, url: str) -> HttpResponse:
    return JsonResponse({"saved": url}) if wants_json(request) else redirect(url)


def page_after(environment: Environment, secret: str, saved: Saved) -> str:
    """Where a save leads: to the secret, or to the proposals."""
    page = (
        reverse("changes", args=[environment.name])
        if saved.is_proposal
        else reverse("secret", args=[environment.name, secret])
    )
    return f"{page}?saved={saved.sequence}"


def conflict_answer(
    request: HttpRequest, environment: Environment, edit: Edit, conflict: VersionConflict
) -> HttpResponse:
    """409 with base, theirs and yours, masked. What was typed stays in the page."""
    explained = explain_conflict(environment, actor_of(request), edit)
    if wants_json(request):
        by = explained.author.name if explained.author else ""
        when = explained.made.isoformat() if explained.made else ""
        answer = {
            "rows": [vars(row) for row in explained.rows],
            "current": explained.current,
            "short": short_version(explained.current) or "none",
            "by": by,
            "when": when,
            "can_apply": explained.can_apply,
        }
        return JsonResponse(
            {"conflict": answer, "problem": problem(conflict), "once": new_once()}, status=409
        )
    context = {
        "environment": environment,
        "name": edit.secret,
        "conflict": explained,
        "problem": problem(conflict),
    }
    return render(request, "changes/conflict.html", context, status=409)


def field_errors(form: Any) -> dict[str, list[str]]:
    """The errors of a form by field; "" is about the form as a whole."""
    return {
        ("" if field == "__all__" else field): [str(error) for error in errors]
        for field, errors in form.errors.items()
    }
