"""Which answers leave compressed."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

# By the names of their routes: pages and answers that hold no value, no seed and no code.
COMPRESSED = frozenset((
    "audit", "audit_record", "changes", "check_run", "cost", "edit", "edit_document",
    "environment_status", "metrics", "people", "person", "secret", "secrets", "status",
    "status_json", "usage", "who",
))  # fmt: skip
# Those of our own links that say nothing of anybody's choosing.
_FIXED_QUERIES = ("", "wall")


class CompressPages(GZipMiddleware):
    """Compresses what stands in COMPRESSED, where nothing in the request chose a text of it.

    docs/decisions/0019-compression.md says why so, and not more. Django adds up to 100 random bytes
    to the length.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not _may_be_compressed(request, response):
            return response
        return super().process_response(request, response)


compress_pages = CompressPages


def _may_be_compressed(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Not a form's answer, which holds what was typed; nothing with a query that a link can choose;
    no error, which repeats an address."""
    match = request.resolver_match
    return (
        match is not None
        and match.url_name in COMPRESSED
        and request.method == "GET"
        and request.META.get("QUERY_STRING", "") in _FIXED_QUERIES
        and response.status_code == 200
    )
