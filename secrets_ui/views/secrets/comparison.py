"""All environments side by side; it is also the search over all of them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ...forms.secrets import CompareForm
from ...permissions import actor_of, ensure_somewhere, environments_with, sight_of
from ...services.changes.recent import changes_by
from ...services.secrets.comparison import compare as compare_environments


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    visible = ensure_somewhere(request, "secret.view")
    asked = CompareForm(request.GET).asked
    found = compare_environments(
        visible,
        actor_of(request),
        sight_of(request, visible),
        text=asked["q"],
        show=asked["show"],
        page=asked["page"],
    )
    context = {
        "found": found,
        "environments": [column.environment for column in found.asked],
        "asked": asked,
        "is_filtered": bool(asked["q"] or asked["show"]),
        "editable": {place.name for place in environments_with(request, "secret.edit")},
        "copyable": {place.name for place in environments_with(request, "secret.reveal")},
        "done": changes_by(actor_of(request), asked["saved"]),
    }
    return render(request, "secrets/compare.html", context)
