"""The audit log: filtered pages, one record, exports."""

from datetime import UTC, datetime

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ..forms.audit import AuditFilterForm
from ..permissions import actor_of, ensure_somewhere, environments_with
from ..services.audit import choosing, exporting
from ..services.audit import records as audit_log

_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


@require_GET
def audit_list(request: HttpRequest) -> HttpResponse:
    visible = [environment.name for environment in ensure_somewhere(request, "audit.view")]
    form = AuditFilterForm(request.GET)
    is_valid = form.is_valid()
    filters = form.cleaned_data if is_valid else {}
    below = request.GET.get("below", "")
    start = int(below) if below.isdecimal() and len(below) < 19 else 0
    with choosing.in_time():
        page = audit_log.search(filters, visible, below=start) if is_valid else None
        choices = choosing.choices(visible)
    query = request.GET.copy()
    query.pop("below", None)
    context = {
        "form": form,
        "filters": filters,
        "page": page,
        "visible": visible,
        "choices": choices,
        "query": query.urlencode(),
        "may_export": bool(environments_with(request, "audit.export")),
        "is_filtered": any(filters.values()),
    }
    return render(request, "audit/list.html", context)


@require_GET
def audit_record(request: HttpRequest, sequence: int) -> HttpResponse:
    visible = [environment.name for environment in ensure_somewhere(request, "audit.view")]
    found = audit_log.open_record(sequence, visible) if sequence < 2**62 else None
    if found is None:
        raise Http404
    return render(
        request,
        "audit/record.html",
        {"found": found, "entry": found.entry, "record": found.entry.record, "visible": visible},
    )


@require_GET
def audit_export(request: HttpRequest, form: str) -> StreamingHttpResponse:
    visible = [environment.name for environment in ensure_somewhere(request, "audit.export")]
    filter_form = AuditFilterForm(request.GET)
    if not filter_form.is_valid():
        # An export without the filter would hold more than was asked for.
        raise BadRequest
    texts = exporting.begin(actor_of(request), filter_form.cleaned_data, visible, form)
    response = StreamingHttpResponse(texts, content_type=_TYPES[form])
    response["Content-Disposition"] = (
        f'attachment; filename="audit-{datetime.now(UTC):%Y%m%d-%H%M%S}.{form}"'
    )
    return response
