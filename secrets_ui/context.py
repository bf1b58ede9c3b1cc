"""What the frame around every page needs: who, which environments, which page, which limits."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from .domain.environment import Environment
from .menu import ABOUT_A_SECRET, ACCOUNT, SECTIONS, section_of
from .permissions import actor_of, environments_with, grants_of, last_visited, may, reach_of
from .services import configuration
from .services.changes.emergencies import count_to_look_at
from .services.changes.proposals import count_to_decide
from .views.people.sessions import ends


def frame(request: HttpRequest) -> dict[str, Any]:
    """The frame, empty where the database or the web session may be what failed."""
    is_bare = getattr(request, "is_bare", False)
    if is_bare or not hasattr(request, "user") or not request.user.is_authenticated:
        return {"frame": {}}
    match = request.resolver_match
    page, arguments = (match.url_name or "", match.kwargs) if match else ("", {})
    current = configuration.environments().get(str(arguments.get("environment", "")))
    visible = environments_with(request, "secret.view")
    home = current
    if current not in visible:
        home = last_visited(request, visible) or next(iter(visible), None)
    return {
        "frame": {
            "person": request.user.get_username(),
            "session": ends(request),
            "limits": limits(),
            "roles": _in_words(grants_of(request).get(current.name, ())) if current else "",
            "current": current,
            "environments": [
                {"environment": other, "url": _same_page(other, current, page, arguments)}
                for other in visible
            ],
            "home": home,
            "sections": _sections(request, page, home),
            "is_account": page in ACCOUNT,
            "may_see_who": current is not None
            and current.who_can_read
            and may(request, "access.who", current),
            "may_audit": bool(environments_with(request, "audit.view")),
        }
    }


def limits() -> dict[str, int]:
    """Time limits, in seconds, that pages show and their scripts keep."""
    return {
        "idle": settings.SESSION_IDLE_SECONDS,
        "life": settings.SESSION_LIFE_SECONDS,
        "warning": settings.SESSION_WARNING_SECONDS,
        "reveal": settings.REVEAL_SECONDS,
    }


def _sections(request: HttpRequest, page: str, home: Environment | None) -> list[dict[str, Any]]:
    """The sections that the person may use. `home` is the environment to which they lead."""
    current = section_of(page)
    return [
        {
            "title": section.title,
            "route": section.route,
            "url": _address(section.route, home.name if section.in_environment and home else ""),
            "is_current": section is current,
            "waiting": _waiting(request, home) if section.route == "changes" else 0,
        }
        for section in SECTIONS
        if environments_with(request, section.needs)
    ]


def _waiting(request: HttpRequest, home: Environment | None) -> int:
    """How many proposals wait for this person's decision, and emergency changes for their look.

    Asked of those who may decide alone.
    """
    if home is None or not may(request, "change.decide", home):
        return 0
    reach = reach_of(request, "change.decide", home)
    actor = actor_of(request)
    return count_to_decide(home, actor, reach) + count_to_look_at(home, actor, reach)


def _in_words(grants: Iterable[tuple[str, str]]) -> str:
    return ", ".join(sorted(f"{role} of {prefix}" if prefix else role for role, prefix in grants))


def _same_page(
    environment: Environment, current: Environment | None, page: str, arguments: dict[str, Any]
) -> str:
    """The switch between environments stays on the same page and secret, where there is one."""
    name = str(arguments.get("name", ""))
    if current and page in ABOUT_A_SECRET and name.startswith(current.prefix):
        same = environment.prefix + name.removeprefix(current.prefix)
        return reverse(page, args=[environment.name, same])
    section = section_of(page)
    route = page if page == "usage" else section.switch if section else "secrets"
    return _address(route, environment.name)


@cache
def _address(route: str, environment: str) -> str:
    """Of a page that the menu leads to: every page has dozens, always the same."""
    return reverse(route, args=[environment] if environment else [])
