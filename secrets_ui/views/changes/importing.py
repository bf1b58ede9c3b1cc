"""The import page: keys out of a pasted .env or JSON. The text stays in the page; the answers name
keys and states alone."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ...domain.changes.edit import Edit
from ...domain.environment import Environment
from ...domain.secrets.version import VersionConflict
from ...forms.changes import new_once
from ...forms.importing import ImportForm
from ...forms.pasted import Pasted
from ...permissions import actor_of, enter_to_change
from ...services.changes.importing import Unfit, review_import
from ...services.secrets.opening import open_secret
from ...services.secrets.version_facts import key_names
from ..answers import wants_json
from .saving import Errors, conflict_answer, field_errors, save


@require_http_methods(["GET", "POST"])
def import_keys(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter_to_change(request, "secret.edit", environment, name)
    if request.method == "GET":
        return _page(request, chosen, name)
    form = ImportForm(request.POST)
    if not form.is_valid():
        return _refused(request, chosen, name, field_errors(form))
    secret = chosen.secret_name(name)
    if wants_json(request) and request.POST.get("step") != "save":
        return _reviewed(request, chosen, secret, form)
    if not wants_json(request) and not form.cleaned_data["confirmed"]:
        errors = {"confirmed": ["Tick the box to save without a review."]}
        return _refused(request, chosen, name, errors)
    try:
        edit = _edit(chosen, form, form.parse(), secret)
    except ValidationError as error:
        # "take" is a matter of the review, and "" of the whole form.
        field = "take" if wants_json(request) else ""
        return _refused(request, chosen, name, {field: error.messages})
    return save(request, chosen, edit)


def _edit(environment: Environment, form: ImportForm, pasted: Pasted, secret: str) -> Edit:
    if form.cleaned_data["confirmed"]:
        return form.filled_edit(secret, pasted)
    names = key_names(environment, secret, form.cleaned_data["base"])
    return form.chosen_edit(secret, pasted, names)


def _reviewed(
    request: HttpRequest, environment: Environment, secret: str, form: ImportForm
) -> HttpResponse:
    def read() -> tuple[Edit, Unfit]:
        pasted = form.parse()
        return form.whole_edit(secret, pasted), pasted.unfit

    try:
        review = review_import(environment, actor_of(request), secret, read)
    except VersionConflict as conflict:
        return conflict_answer(request, environment, read()[0], conflict)
    rows = [vars(row) for row in review.rows]
    return JsonResponse({"review": {"rows": rows, "summary": review.summary}})


def _refused(
    request: HttpRequest, environment: Environment, name: str, errors: Errors
) -> HttpResponse:
    """400 with what is wrong. The page without a script is made anew, its field empty."""
    if wants_json(request):
        return JsonResponse({"errors": errors}, status=400)
    return _page(request, environment, name, errors, status=400)


def _page(
    request: HttpRequest,
    environment: Environment,
    name: str,
    errors: Errors | None = None,
    status: int = 200,
) -> HttpResponse:
    opened = open_secret(environment, name, actor_of(request), with_versions=False)
    if opened.facts and opened.facts.kind in ("not_object", "not_json"):
        return redirect("edit_document", environment.name, name)
    context = {
        "environment": environment,
        "opened": opened,
        "secret": opened.secret,
        "once": new_once(),
        "errors": errors or {},
    }
    return render(request, "changes/import.html", context, status=status)
