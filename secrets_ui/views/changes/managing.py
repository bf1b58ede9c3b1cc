"""A secret's description and tags, its deletion, and the cancellation of that."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ...domain.changes.deletion import LONGEST, SHORTEST
from ...domain.changes.description import digest_of, own_tags
from ...domain.environment import Environment
from ...domain.errors import ConsoleError, InvalidChange, NothingChanged, VersionMoved
from ...domain.secrets.adoption import is_by_terraform
from ...domain.secrets.secret import Secret, why_elsewhere
from ...forms.changes import new_once
from ...forms.managing import BaseTags, CancelForm, DeleteForm, DescribeForm, tag_rows, typed_tags
from ...permissions import actor_of, enter_to_manage, may
from ...services.changes.create import get_secret
from ...services.changes.delete import cancel_deletion, delete_secret
from ...services.changes.describe import describe_anew
from ...services.changes.managed import deletion_of
from ...services.changes.proposals import proposals_of
from ...services.status.read import row_of
from ..answers import problem
from .create import tag_errors
from .saving import Errors, field_errors


@require_http_methods(["GET", "POST"])
def describe(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter_to_manage(request, environment, name)
    secret = get_secret(chosen, actor_of(request), name)
    if request.method == "GET":
        return _described(request, chosen, secret, tag_rows(own_tags(secret)))
    form, tags = DescribeForm(request.POST), typed_tags(request.POST)
    if errors := {**field_errors(form), **tag_errors(tags)}:
        return _described(request, chosen, secret, tags, errors)
    try:
        wanted = form.wanted(secret.name, tags.tags)
        return _done(chosen, secret, describe_anew(chosen, actor_of(request), wanted))
    except (InvalidChange, NothingChanged, VersionMoved) as refusal:
        return _described(request, chosen, secret, tags, refusal=refusal)


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter_to_manage(request, environment, name)
    secret = get_secret(chosen, actor_of(request), name)
    if request.method == "GET":
        return _deleting(request, chosen, secret)
    form = DeleteForm(request.POST)
    if errors := field_errors(form):
        return _deleting(request, chosen, secret, errors)
    try:
        wanted = form.deletion(secret.name)
        return _done(chosen, secret, delete_secret(chosen, actor_of(request), wanted))
    except InvalidChange as refusal:
        return _deleting(request, chosen, secret, {refusal.key: [refusal.message]})


@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter_to_manage(request, environment, name)
    secret = get_secret(chosen, actor_of(request), name)
    form = CancelForm(request.POST or None)
    errors = field_errors(form)
    if form.is_valid():
        try:
            wanted = form.wanted(secret.name)
            return _done(chosen, secret, cancel_deletion(chosen, actor_of(request), wanted))
        except InvalidChange as refusal:
            errors = {refusal.key: [refusal.message]}
    more = {"deletion": deletion_of(chosen, secret)}
    return _page(request, "changes/cancel_deletion.html", chosen, secret, more, errors)


def _described(
    request: HttpRequest,
    environment: Environment,
    secret: Secret,
    tags: BaseTags,
    errors: Errors | None = None,
    refusal: ConsoleError | None = None,
) -> HttpResponse:
    """What was typed comes back; it then counts as typed over what is there now, which the page
    shows beside it."""
    if isinstance(refusal, InvalidChange) and refusal.key:
        errors, refusal = {refusal.key: [refusal.message]}, None
    more = {
        "tags": tags,
        "description": request.POST.get("description", secret.description),
        "seen": digest_of(secret),
        "reserved": {key: text for key, text in secret.tags.items() if key not in own_tags(secret)},
        "now": own_tags(secret) if isinstance(refusal, VersionMoved) else None,
        "problem": problem(refusal) if refusal else None,
    }
    status = refusal.status if refusal else 200
    return _page(request, "changes/describe.html", environment, secret, more, errors, status)


def _deleting(
    request: HttpRequest, environment: Environment, secret: Secret, errors: Errors | None = None
) -> HttpResponse:
    found = row_of(environment, secret.name)
    readers = [f for f in found.findings if f.check == "lambda_can_read"] if found else []
    troubles = [f for f in found.findings if f.page == "troubleshoot"] if found else []
    more = {
        "found": found,
        "readers": readers or troubles,
        "may_check": may(request, "access.check", environment, secret.name),
        "proposed": proposals_of(environment, secret.name),
        "days": request.POST.get("days", LONGEST),
        "shortest": SHORTEST,
        "longest": LONGEST,
    }
    return _page(request, "changes/delete.html", environment, secret, more, errors)


def _page(
    request: HttpRequest,
    template: str,
    environment: Environment,
    secret: Secret,
    more: dict[str, Any],
    errors: Errors | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "environment": environment,
        "secret": secret,
        "elsewhere": why_elsewhere(secret),
        "by_terraform": is_by_terraform(secret),
        "typed": request.POST,
        "once": new_once(),
        "errors": errors or {},
        **more,
    }
    return render(request, template, context, status=400 if errors else status)


def _done(environment: Environment, secret: Secret, sequence: int) -> HttpResponse:
    page = reverse("secret", args=[environment.name, secret.name])
    return redirect(f"{page}?done={sequence}")
