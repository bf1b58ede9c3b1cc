"""What is settled of a request before anything relies on it: from where it came, and that its
address is one that a page of ours can have."""

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from .domain.audit.actions import Action
from .domain.errors import AuditUnavailable
from .domain.people.actor import Actor
from .permissions import actor_of
from .services import audit
from .views.answers import error_answer
from .views.errors import bad_request

Next = Callable[[HttpRequest], HttpResponseBase]
# Unicode's category Cc. PostgreSQL takes no NUL, and no name of AWS's holds any of them.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def client_address(get_response: Next) -> Next:
    """Puts the person's address in place of the last proxy's, where TRUSTED_PROXIES says so."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if settings.TRUSTED_PROXIES:
            connected = request.META.get("REMOTE_ADDR", "")
            request.META["REMOTE_ADDR"] = _client(request, settings.TRUSTED_PROXIES) or connected
        return get_response(request)

    return handle


def _client(request: HttpRequest, proxies: int) -> str:
    """By X-Forwarded-For; "" where it has no such entry, or that is no address.

    Each proxy adds the address that it was asked from at the right end. So the first of ours wrote
    the entry that is as many from the right as there are proxies; what stands left of it was
    written by whoever asked, and is not believed.
    """
    entries = request.headers.get("X-Forwarded-For", "").split(",")
    if len(entries) < proxies:
        return ""
    try:
        return str(ipaddress.ip_address(entries[-proxies].strip().strip("[]")))
    except ValueError:
        return ""


def refuse_control_characters(get_response: Next) -> Next:
    """Refuses an address with control characters in its path or query, on record."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if not _CONTROL.search(request.path + _query(request)):
            return get_response(request)
        try:
            audit.refuse_counted(
                Action.REFUSE_ACCESS,
                actor_of(request) if request.user.is_authenticated else _nobody(request),
                details={"why": "control characters in the address"},
            )
        except AuditUnavailable as error:
            return error_answer(request, error)
        return bad_request(request, ValueError())

    return handle


def _query(request: HttpRequest) -> str:
    """Decoded; the server hands over its bytes, each as one character (PEP 3333)."""
    raw = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
    return unquote_to_bytes(raw).decode("utf-8", "replace")


def _nobody(request: HttpRequest) -> Actor:
    return Actor("unknown", str(request.META.get("REMOTE_ADDR", "")))
