"""The review of a restore, and the restore."""

from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ...domain.environment import Environment
from ...domain.errors import ConsoleError, InvalidChange, NothingChanged
from ...domain.secrets.version import VersionConflict
from ...forms.changes import RestoreForm, new_once
from ...permissions import actor_of, enter_to_change
from ...services.changes.proposals import proposals_of
from ...services.changes.restore import RestoreReview, review_restore
from ...services.changes.save import put_new_version
from ..answers import page_with_refusal
from .saving import page_after


@require_http_methods(["GET", "POST"])
def restore(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter_to_change(request, "secret.edit", environment, name)
    form = RestoreForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise BadRequest
    review = review_restore(chosen, actor_of(request), name, form.cleaned_data["version"])
    if request.method == "GET":
        return _page(request, chosen, review)
    try:
        return _restore(request, chosen, review, form)
    except (InvalidChange, NothingChanged, VersionConflict) as refusal:
        return _page(request, chosen, review, form.cleaned_data, refusal)
    except ValidationError as error:
        return _page(request, chosen, review, form.cleaned_data, InvalidChange(error.messages[0]))


def _restore(
    request: HttpRequest, environment: Environment, review: RestoreReview, form: RestoreForm
) -> HttpResponse:
    # The rows that the form counts are those of the version that it showed as current.
    if form.cleaned_data["base"] != review.secret.current:
        raise VersionConflict(form.cleaned_data["base"], review.secret.current)
    keys = [row.difference.key for row in review.rows]
    edit = form.restore_edit(review.secret.name, keys)
    saved = put_new_version(environment, actor_of(request), edit)
    return redirect(page_after(environment, edit.secret, saved))


def _page(
    request: HttpRequest,
    environment: Environment,
    review: RestoreReview,
    typed: dict[str, Any] | None = None,
    refusal: ConsoleError | None = None,
) -> HttpResponse:
    """What was typed for the record comes back with a refusal; no value is in it."""
    context = {
        "environment": environment,
        "review": review,
        "secret": review.secret,
        "typed": typed or {},
        "chosen": typed["row"] if typed else range(len(review.rows)),
        "once": new_once(),
        "proposed": proposals_of(environment, review.secret.name),
    }
    return page_with_refusal(request, "changes/restore.html", context, refusal)
