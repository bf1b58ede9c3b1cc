"""For a load balancer: is the process alive, and can it do its work.

No AWS call, and nothing about the inside.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """503 while the audit table cannot be reached: without it nothing may be done."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM secrets_ui_auditrecord LIMIT 1")
    except DatabaseError:
        return HttpResponse("not ready\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")
