"""The versions of a secret, and how two of them differ."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ...domain.errors import AwsError, SecretNotFound
from ...forms.secrets import CompareVersionsForm
from ...permissions import actor_of, enter, may
from ...services.secrets import history as versions
from ..notices import notice_of
from .on_record import page_from_records


@require_GET
def history(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter(request, "secret.view", environment, name)
    token = request.GET.get("page", "")[:4096]
    try:
        found = versions.history_of(chosen, actor_of(request), name, token)
    except SecretNotFound:
        raise
    except AwsError as error:
        page = "secrets/history_on_record.html"
        return page_from_records(request, chosen, name, error, page)
    asked = CompareVersionsForm(request.GET)
    compared = None
    if asked.is_valid():
        pair = asked.cleaned_data
        compared = versions.compare_versions(
            chosen, actor_of(request), found.secret, pair["before"], pair["after"]
        )
    context = {
        "environment": chosen,
        "history": found,
        "secret": found.secret,
        "compared": compared,
        "notice": notice_of(request),
        "may_edit": may(request, "secret.edit", chosen, name),
        "may_audit": may(request, "audit.view", chosen),
    }
    return render(request, "secrets/history.html", context)
