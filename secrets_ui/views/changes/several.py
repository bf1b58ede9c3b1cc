"""One key in several environments: a value typed or made here, or copied from an environment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ...domain.changes.edit import Edit, Source
from ...domain.environment import Environment
from ...domain.errors import InvalidChange
from ...forms.changes import GENERATE, KeyForm, new_once
from ...forms.several import ROW, CopyForm, SeveralForm, WhichKeyForm, asked_of
from ...permissions import (
    actor_of,
    ensure_somewhere,
    enter_to_change,
    environments_with,
    has_fresh_proof,
    may,
    refuse,
)
from ...services import configuration
from ...services.changes import several, targets
from ..answers import wants_json
from .edit import row_errors
from .saving import field_errors

Errors = dict[str, list[str]]
Edits = Sequence[tuple[Environment, Edit]]


@dataclass(frozen=True)
class Asked:
    """The key that the page is about, and the environments where the person may set it.

    `source` is where its value is copied from, None where it is typed or made.
    """

    short: str
    key: str
    places: Sequence[Environment]
    source: Environment | None


@require_http_methods(["GET", "POST"])
def set_in_several(request: HttpRequest) -> HttpResponse:
    ensure_somewhere(request, "secret.edit")
    if not request.GET:
        # The key is chosen there.
        return redirect("compare")
    asked = _enter(request)
    if request.method == "GET":
        return _page(request, asked)
    try:
        edits = _edits(request, asked)
        several.ensure_can_begin(edits)
    except _Refused as refusal:
        return _refused(request, asked, refusal.errors)
    except InvalidChange as refusal:
        field = f"{ROW}-value" if refusal.key == asked.key else refusal.key
        return _refused(request, asked, {field: [refusal.message]})
    if not asked.source and wants_json(request) and request.POST.get("step") != "save":
        return _reviewed(request, asked, edits)
    return _saved(request, asked, several.set_in_several(actor_of(request), edits))


def _enter(request: HttpRequest) -> Asked:
    """Raises NotPermitted, StepUpNeeded, InvalidSecretName, EnvironmentNotFound, BadRequest."""
    which = WhichKeyForm(request.GET)
    if not which.is_valid():
        raise BadRequest
    short, key, named = (which.cleaned_data[name] for name in ("secret", "key", "source"))
    source = _enter_source(request, named, short) if named else None
    places = [
        place
        for place in environments_with(request, "secret.edit")
        if place != source
        and may(request, "secret.edit", place, place.secret_name(place.prefix + short))
    ]
    if not places:
        refuse(request, "secret.edit", secret=short)
    return Asked(short, key, places, source)


def _enter_source(request: HttpRequest, name: str, short: str) -> Environment:
    """Whoever copies a value can have it shown elsewhere, so it takes the right to have it shown
    here (docs/decisions/0030-who-may-copy-a-value.md)."""
    place = configuration.get_environment(name)
    return enter_to_change(request, "secret.reveal", name, place.prefix + short)


class _Refused(Exception):
    """The form cannot be right: errors by field."""

    def __init__(self, errors: Errors) -> None:
        super().__init__()
        self.errors = errors


def _edits(request: HttpRequest, asked: Asked) -> Edits:
    """The edit of each chosen environment, once the person may make it. Raises NotPermitted,
    StepUpNeeded, _Refused."""
    kind = CopyForm if asked.source else SeveralForm
    form = kind(request.POST, configuration.environments().values())
    if not form.is_valid():
        raise _Refused(field_errors(form))
    for place in form.chosen:
        enter_to_change(request, "secret.edit", place.name, place.prefix + asked.short)
    if not asked.source:
        is_confirmed = wants_json(request) or form.cleaned_data["confirmed"]
        return form.edits(asked.short, **_typed(request, asked.key, is_confirmed=is_confirmed))
    name, version = asked.source.prefix + asked.short, form.cleaned_data["version"]
    return form.edits(asked.short, copies=Source(asked.source.name, name, version, asked.key))


def _typed(request: HttpRequest, key: str, *, is_confirmed: bool) -> dict[str, Any]:
    fields = request.POST.copy()
    # The address says which key it is about, whatever the row says.
    fields[f"{ROW}-at"] = "0"
    row = KeyForm(fields, prefix=ROW)
    if errors := row_errors([row]):
        raise _Refused(errors)
    if not is_confirmed:
        raise _Refused({"confirmed": ["Tick the box to save without a review."]})
    if what := asked_of(row, key):
        return what
    raise _Refused({"": ["Nothing was typed, so nothing changes."]})


def _reviewed(request: HttpRequest, asked: Asked, edits: Edits) -> HttpResponse:
    """The review of all, from the versions that are current now: it tells the page which."""
    chosen = [place for place, _ in edits]
    found = targets.find_targets(chosen, actor_of(request), asked.short, asked.key)
    reviewed = targets.review_all(found, edits[0][1])
    rows = [{**row, "row": ROW} for row in reviewed]
    bases = {f"base-{item.environment}": item.secret.current for item in found if item.secret}
    summary = f"{asked.key} in {', '.join(map(_named, chosen))}"
    return JsonResponse({"review": {"rows": rows, "summary": summary, "fields": bases}})


def _named(place: Environment) -> str:
    return f"{place.name} (for approval)" if place.rules.second_person else place.name


def _saved(request: HttpRequest, asked: Asked, results: Sequence[several.Result]) -> HttpResponse:
    """Leads to the comparison once all is done; what is not done stays on the page."""
    if all(result.is_done for result in results):
        saved = [str(result.saved.sequence) for result in results if result.saved]
        url = reverse("compare", query={"q": asked.key, "saved": ",".join(saved)})
        return JsonResponse({"saved": url}) if wants_json(request) else redirect(url)
    if not wants_json(request):
        return _page(request, asked, results=results, status=409)
    told = {
        "title": several.summary_of(results),
        "text": " ".join(result.text for result in results),
        "remedy": several.REMEDY,
        "step": "edit",
    }
    return JsonResponse({"problem": told}, status=409)


def _refused(request: HttpRequest, asked: Asked, errors: Errors) -> HttpResponse:
    """400 with what is wrong, by field; nothing was begun."""
    if wants_json(request):
        return JsonResponse({"errors": errors}, status=400)
    return _page(request, asked, errors=errors, status=400)


def _page(
    request: HttpRequest,
    asked: Asked,
    *,
    errors: Errors | None = None,
    results: Sequence[several.Result] = (),
    status: int = 200,
) -> HttpResponse:
    """The page as it is now. What was typed for the record comes back; no value is in it."""
    found = targets.look(asked.places, actor_of(request), asked.short, asked.key, asked.source)
    is_made = request.POST.get(f"{ROW}-action") == GENERATE
    # The same form makes no second token, so that those which have it stay chosen to copy it from.
    once = request.POST.get("once") if results and is_made else ""
    left = [result.environment.name for result in results if not result.is_done]
    chosen = left if results and not once else request.POST.getlist("target")
    lines = [_line(request, target, chosen) for target in found.targets]
    context = {
        "asked": asked,
        "found": found,
        "lines": lines,
        "is_open": any(line["is_open"] for line in lines),
        "reasons": [place.name for place in asked.places if place.rules.reason_required],
        "results": results,
        "summary": several.summary_of(results) if results else "",
        "remedy": several.REMEDY,
        "errors": errors or {},
        "typed": request.POST,
        "once": once or new_once(),
        "row": ROW,
    }
    return render(request, "changes/several.html", context, status=status)


def _line(request: HttpRequest, target: targets.Target, chosen: Iterable[str]) -> dict[str, Any]:
    place = target.environment
    asks_for_proof = place.rules.step_up and not has_fresh_proof(request, place)
    return {
        "target": target,
        "environment": place,
        "asks_for_proof": asks_for_proof,
        "is_open": target.can_be_set and not asks_for_proof,
        "is_chosen": target.can_be_set and place.name in chosen,
    }
