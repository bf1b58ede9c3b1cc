"""What the frame around every page needs: who, which environments, which page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from .domain.environment import Environment
from .permissions import environments_with, grants_of
from .services import configuration
from .views.people.sessions import ends


def frame(request: HttpRequest) -> dict[str, Any]:
    """Bare where the database or the session may be what failed."""
    if (
        getattr(request, "is_bare", False)
        or not hasattr(request, "user")
        or not request.user.is_authenticated
    ):
        return {"frame": {}}
    match = request.resolver_match
    page, arguments = (match.url_name or "", match.kwargs) if match else ("", {})
    current = configuration.environments().get(str(arguments.get("environment", "")))
    places = environments_with(request, "secret.view")
    return {
        "frame": {
            "person": request.user.get_username(),
            "session": ends(request),
            "roles": _told(grants_of(request).get(current.name, ())) if current else "",
            "page": _SECTIONS.get(page, ""),
            "current": current,
            "places": [
                {"place": place, "url": _same_page(place, current, page, arguments)}
                for place in places
            ],
            "home": current if current in places else next(iter(places), None),
            "may_audit": bool(environments_with(request, "audit.view")),
            "may_manage": bool(environments_with(request, "people.manage")),
        }
    }


_SECTIONS = {
    "secrets": "secrets", "secret": "secrets", "edit": "secrets", "edit_document": "secrets", "changes": "changes", "decide": "changes",
    "account": "account", "change_password": "account", "sessions": "account", "all_sessions": "account",
    "enrol_codes": "account", "enrol_passkey": "account", "recovery_codes": "account",
    "audit": "audit", "audit_record": "audit", "troubleshoot_first": "troubleshoot", "troubleshoot": "troubleshoot",
    "people": "people", "person": "people", "to_rotate": "people",
    "usage": "secrets", "cost": "secrets", "paste_error": "troubleshoot", "try_policy": "troubleshoot", "check_run": "troubleshoot",
    "status": "status", "environment_status": "status",
}  # fmt: skip
_ABOUT_A_SECRET = ("secret", "troubleshoot", "paste_error", "try_policy")


def _told(grants: Iterable[tuple[str, str]]) -> str:
    return ", ".join(sorted(f"{role} of {prefix}" if prefix else role for role, prefix in grants))


def _same_page(
    place: Environment, current: Environment | None, page: str, arguments: dict[str, Any]
) -> str:
    """The switch between environments stays on the same page and secret, where there is one to stay on."""
    name = str(arguments.get("name", ""))
    if current and page in _ABOUT_A_SECRET and name.startswith(current.prefix):
        return reverse(page, args=[place.name, place.prefix + name.removeprefix(current.prefix)])
    if page == "usage":
        return reverse(page, args=[place.name])
    section = _SECTIONS.get(page, "")
    return reverse(
        {
            "changes": "changes",
            "troubleshoot": "troubleshoot_first",
            "status": "environment_status",
        }.get(section, "secrets"),
        args=[place.name],
    )
