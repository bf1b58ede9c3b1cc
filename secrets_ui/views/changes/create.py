"""A new secret: first its name, then its first document, reviewed and created on one page."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from ...domain.changes.new_secret import NewSecret, first_tags, is_like_an_arn
from ...domain.environment import Environment
from ...domain.errors.wording import plural
from ...forms.changes import NEW_ROWS, KeyForm, key_edit, new_once, rows_by_key, touched_rows
from ...forms.managing import BaseTags, CreateForm, NewNameForm, tag_rows, typed_tags
from ...permissions import actor_of, enter, enter_to_manage
from ...services import configuration
from ...services.changes import create as creating
from ...services.changes import review as reviewing
from ..answers import wants_json
from .edit import fault_errors, row_errors
from .saving import Errors, field_errors, leads_to


@require_GET
def choose_name(request: HttpRequest, environment: str) -> HttpResponse:
    chosen = enter(request, "secret.manage", environment)
    form = NewNameForm(request.GET if "name" in request.GET else None)
    if form.is_valid():
        try:
            return redirect("create_secret", chosen.name, form.full_name(chosen))
        except ValidationError as error:
            form.add_error("name", error)
    context = {
        "environment": chosen,
        "known": configuration.catalog().secrets,
        "typed": request.GET.get("name", "")[:512],
        "errors": field_errors(form),
    }
    return render(request, "changes/new.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def create_secret(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter_to_manage(request, environment, name)
    full = chosen.secret_name(name)
    if request.method == "GET":
        if creating.find_secret(chosen, actor_of(request), full):
            return redirect("secret", chosen.name, full)
        tags = tag_rows(first_tags(configuration.catalog().project, chosen.name))
        return _page(request, chosen, full, tags)
    form, tags = CreateForm(request.POST), typed_tags(request.POST)
    rows = touched_rows(request.POST)
    if errors := {**row_errors(rows), **field_errors(form), **tag_errors(tags)}:
        return _refused(request, chosen, full, tags, errors)
    try:
        new = NewSecret(key_edit(form, rows, full), form.cleaned_data["description"], tags.tags)
    except ValidationError as error:
        return _refused(request, chosen, full, tags, {"": error.messages})
    if wants_json(request) and request.POST.get("step") != "save":
        return _reviewed(chosen, new, rows)
    if not wants_json(request) and not form.cleaned_data["confirmed"]:
        errors = {"confirmed": ["Tick the box to create it without a review."]}
        return _refused(request, chosen, full, tags, errors)
    saved = creating.create_secret(chosen, actor_of(request), new)
    return leads_to(request, chosen, full, saved)


def tag_errors(tags: BaseTags) -> Errors:
    """By field; "tags" is about all of them."""
    if tags.is_valid():
        return {}
    of_rows = {
        f"{form.prefix}-{field}": [str(error) for error in errors]
        for form in tags.forms
        for field, errors in form.errors.items()
    }
    of_all = [str(error) for error in tags.non_form_errors()]
    return {**of_rows, **({"tags": of_all} if of_all else {})}


def _reviewed(environment: Environment, new: NewSecret, rows: Iterable[KeyForm]) -> HttpResponse:
    by_key = rows_by_key(rows, ())
    if faults := reviewing.faults(environment, new.first):
        return JsonResponse({"errors": fault_errors(faults, by_key)}, status=400)
    review = creating.review_new(environment, new)
    shown = [
        {**vars(row), "row": by_key[row.key].prefix if row.key in by_key else ""}
        for row in review.rows
    ]
    summary = f"A new secret with {plural(len(shown), 'key')}"
    return JsonResponse({"review": {"rows": shown, "summary": summary}})


def _refused(
    request: HttpRequest, environment: Environment, name: str, tags: BaseTags, errors: Errors
) -> HttpResponse:
    """400 with what is wrong. The page without a script is made anew, its values empty."""
    if wants_json(request):
        return JsonResponse({"errors": errors}, status=400)
    return _page(request, environment, name, tags, errors, status=400)


def _page(
    request: HttpRequest,
    environment: Environment,
    name: str,
    tags: BaseTags,
    errors: Errors | None = None,
    status: int = 200,
) -> HttpResponse:
    opened = creating.blank_secret(environment, name)
    first_new = len(opened.keys)
    context: dict[str, Any] = {
        "environment": environment,
        "opened": opened,
        "secret": opened.secret,
        "rows": [(f"form-{number}", key) for number, key in enumerate(opened.keys)],
        "new_rows": [f"form-{first_new + number}" for number in range(NEW_ROWS)],
        "description": request.POST.get("description", opened.spec.description),
        "tags": tags,
        "is_new": True,
        "is_like_an_arn": is_like_an_arn(name),
        "once": new_once(),
        "errors": errors or {},
    }
    return render(request, "changes/create.html", context, status=status)
