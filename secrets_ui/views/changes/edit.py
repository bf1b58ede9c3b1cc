"""The edit pages: key by key, or the whole document. Nothing that is typed is ever sent back."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ...domain.changes.edit import Edit, Fault
from ...domain.environment import Environment
from ...domain.errors.wording import capitalized
from ...domain.secrets.tried import judge
from ...domain.secrets.version import VersionConflict
from ...forms.changes import (
    NEW_ROWS,
    ConfirmForm,
    DocumentForm,
    KeyForm,
    key_edit,
    needs_names,
    new_once,
    rows_by_key,
    touched_rows,
)
from ...permissions import actor_of, enter_to_change
from ...services.changes import review as reviewing
from ...services.changes.emergencies import open_emergencies
from ...services.changes.proposals import proposals_of
from ...services.changes.try_typed import can_be_tried, try_typed
from ...services.secrets.opening import OpenSecret, open_secret
from ...services.secrets.version_facts import key_names
from ..answers import wants_json
from .rotations import part_of, rotation_of_edit
from .saving import conflict_answer, field_errors, save


@require_http_methods(["GET", "POST"])
def edit_keys(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter_to_change(request, "secret.edit", environment, name)
    rotation = rotation_of_edit(request, chosen, name)
    if request.method == "GET":
        opened = open_secret(chosen, name, actor_of(request), with_versions=False)
        if opened.facts and opened.facts.kind in ("not_object", "not_json"):
            return redirect("edit_document", environment, name)
        return _page(request, "changes/edit.html", chosen, opened)
    form, rows = ConfirmForm(request.POST), touched_rows(request.POST)
    if errors := {**row_errors(rows), **field_errors(form)}:
        return _refused(request, chosen, name, "changes/edit.html", errors)
    try:
        full, version = chosen.secret_name(name), form.cleaned_data["rows_of"]
        names = key_names(chosen, full, version) if needs_names(rows) else ()
        edit = part_of(rotation, key_edit(form, rows, full, names))
    except ValidationError as error:
        return _refused(request, chosen, name, "changes/edit.html", {"": error.messages})
    return _act(
        request,
        chosen,
        edit,
        "changes/edit.html",
        form.cleaned_data["confirmed"],
        rows_by_key(rows, names),
    )


@require_http_methods(["GET", "POST"])
def edit_document(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter_to_change(request, "secret.edit", environment, name)
    if request.method == "GET":
        return _page(
            request,
            "changes/edit_document.html",
            chosen,
            open_secret(chosen, name, actor_of(request), with_versions=False),
        )
    form = DocumentForm(request.POST)
    if not form.is_valid():
        return _refused(request, chosen, name, "changes/edit_document.html", field_errors(form))
    return _act(
        request,
        chosen,
        form.document_edit(chosen.secret_name(name)),
        "changes/edit_document.html",
        form.cleaned_data["confirmed"],
    )


def _act(
    request: HttpRequest,
    environment: Environment,
    edit: Edit,
    template: str,
    is_confirmed: bool,
    rows: Mapping[str, KeyForm] = MappingProxyType({}),
) -> HttpResponse:
    """Review or save. `rows` are the form's by key, none for a whole document.

    With the page's script the answer is JSON, and what was typed stays in the page.
    """
    if not (edit.touched or edit.document):
        return _refused(
            request,
            environment,
            edit.secret,
            template,
            {"": ["Nothing was typed, so nothing changes. Blank means keep."]},
        )
    if wants_json(request) and request.POST.get("step") == "try":
        return _tried(request, environment, edit, rows)
    if wants_json(request) and request.POST.get("step") != "save":
        return _reviewed(request, environment, edit, rows)
    if not wants_json(request) and not is_confirmed:
        return _refused(
            request,
            environment,
            edit.secret,
            template,
            {"confirmed": ["Tick the box to save without a review."]},
        )
    return save(request, environment, edit)


def _reviewed(
    request: HttpRequest, environment: Environment, edit: Edit, rows: Mapping[str, KeyForm]
) -> HttpResponse:
    """Each row of the answer names the form's row, since a key's name may not come back as it was:
    a page in UTF-8 cannot hold every name."""
    if faults := reviewing.faults(environment, edit):
        return JsonResponse({"errors": fault_errors(faults, rows)}, status=400)
    try:
        review = reviewing.review_edit(environment, actor_of(request), edit)
    except VersionConflict as conflict:
        return conflict_answer(request, environment, edit, conflict)
    tried = can_be_tried(environment, edit)
    shown = [
        {
            **vars(row),
            "row": rows[row.key].prefix if row.key in rows else "",
            "can_be_tried": row.key in tried,
        }
        for row in review.rows
    ]
    return JsonResponse({"review": {"rows": shown, "summary": review.summary}})


def _tried(
    request: HttpRequest, environment: Environment, edit: Edit, rows: Mapping[str, KeyForm]
) -> HttpResponse:
    """What is known of one row's typed value, which is tried now."""
    asked = request.POST.get("row", "")
    key = next((key for key, row in rows.items() if row.prefix == asked), "")
    tried = try_typed(environment, actor_of(request), edit, key)
    return JsonResponse({"verdict": vars(judge(tried, tried.at))})


def _refused(
    request: HttpRequest,
    environment: Environment,
    name: str,
    template: str,
    errors: dict[str, list[str]],
) -> HttpResponse:
    """400 with what is wrong, by field.

    The page without a script is made anew, its fields empty.
    """
    if wants_json(request):
        return JsonResponse({"errors": errors}, status=400)
    opened = open_secret(environment, name, actor_of(request), with_versions=False)
    return _page(request, template, environment, opened, errors=errors, status=400)


def _page(
    request: HttpRequest,
    template: str,
    environment: Environment,
    opened: OpenSecret,
    *,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    first_new, name = len(opened.keys), opened.secret.name
    rotation = rotation_of_edit(request, environment, name)
    context = {
        "environment": environment,
        "opened": opened,
        "secret": opened.secret,
        "rows": [
            (f"form-{number}", key)
            for number, key in enumerate(opened.keys)
            if rotation is None or key.name == rotation.key
        ],
        "new_rows": [f"form-{first_new + number}" for number in range(NEW_ROWS)],
        "once": new_once(),
        "errors": errors or {},
        "rotation": rotation,
        "proposed": proposals_of(environment, name),
        "emergencies": open_emergencies(environment, name),
    }
    return render(request, template, context, status=status)


def row_errors(rows: Iterable[KeyForm]) -> dict[str, list[str]]:
    return {
        f"{form.prefix}-{field}": [str(error) for error in errors]
        for form in rows
        for field, errors in form.errors.items()
    }


def fault_errors(faults: Iterable[Fault], rows: Mapping[str, KeyForm]) -> dict[str, list[str]]:
    """By field, in the words that the page says as one types."""
    errors: dict[str, list[str]] = {}
    for fault in faults:
        if row := rows.get(fault.key):
            part = "value" if fault.part == "name" and row.has_stored_key else fault.part
            errors[f"{row.prefix}-{part}"] = [capitalized(fault.text)]
        else:
            errors.setdefault("document", []).append(f"{fault.key} {fault.text}.")
    return errors
