"""The pages of a secret that AWS does not tell of just now: its error, and what is on record."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...permissions import may
from ...services.secrets.on_record import secret_on_record
from ..answers import NOTHING_ELSE, error_answer, log_refused, wants_json


def page_from_records(
    request: HttpRequest,
    environment: Environment,
    name: str,
    error: AwsError,
    template: str,
    more: Mapping[str, Any] = NOTHING_ELSE,
) -> HttpResponse:
    """With the error's own status. Raises the error for a page's script, which takes no page."""
    if wants_json(request):
        raise error
    log_refused(request, error)
    known = secret_on_record(environment, name)
    context = {
        **more,
        "environment": environment,
        "known": known,
        "secret": known.secret,
        "error": error,
        "may_audit": may(request, "audit.view", environment),
        "may_check": may(request, "access.check", environment, known.secret.name),
    }
    return error_answer(request, error, template, context)
