"""One page, `/<environment>/reference`: ListSecrets, and the console's template over its answer."""

from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from benchmarks.bare import list_first_page, make_client
from secrets_ui.aws.session import AwsSessions
from secrets_ui.context import limits
from secrets_ui.domain.secrets.health import StateCode, make_state
from secrets_ui.menu import SECTIONS
from testkit.estate import ENVIRONMENTS

HEALTHY = make_state(StateCode.HEALTHY, "ok")


@cache
def sessions() -> AwsSessions:
    """Kept with its clients and their connections, as in the console."""
    return AwsSessions(settings.LOCAL_AWS_ENDPOINT)


@login_required
def page(request: HttpRequest, environment: str) -> HttpResponse:
    answer = list_first_page(make_client(sessions(), environment), environment)
    chosen = ENVIRONMENTS[environment]
    listing = {
        "rows": [_row(entry, chosen.prefix) for entry in answer["SecretList"]],
        "read_at": datetime.now(UTC),
        "next_token": answer.get("NextToken", ""),
    }
    context = {
        "environment": chosen,
        "listing": listing,
        "may_edit": True,
        "frame": _frame(request, chosen),
    }
    return render(request, "secrets/list.html", context)


def _row(entry: dict[str, Any], prefix: str) -> SimpleNamespace:
    name = entry["Name"]
    return SimpleNamespace(
        name=name,
        short=name.removeprefix(prefix),
        state=HEALTHY,
        secret=SimpleNamespace(last_changed=entry["LastChangedDate"], deleted=None),
        author=None,
        last_read=entry["LastAccessedDate"],
        counts_keys=True,
        keys_set=6,
        keys_total=6,
    )


def _frame(request: HttpRequest, environment: Any) -> dict[str, Any]:
    """The frame's links are text here: what they cost is the console's own."""
    return {
        "person": request.user.get_username(),
        "roles": "editor",
        "current": environment,
        "home": environment,
        "may_audit": True,
        "session": {"idle": 1800, "life": 43200},
        "limits": limits(),
        "sections": [{"title": section.title, "url": "/"} for section in SECTIONS],
        "environments": [
            {"environment": other, "url": f"/{other.name}/"} for other in ENVIRONMENTS.values()
        ],
    }


urlpatterns = [path("<slug:environment>/reference", page), path("", include("secrets_ui.urls"))]
