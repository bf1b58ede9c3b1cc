"""The gatehouse: who may do what where. Every view asks here first; a refusal is recorded and no AWS call is made."""

from __future__ import annotations

import time
from collections.abc import Iterable

from django.http import HttpRequest

from .domain.actor import Actor
from .domain.environment import Environment
from .domain.errors import NotPermitted, StepUpNeeded
from .models import RoleGrant
from .services import audit, estate

# What each role may do. A person's actions in an environment are the union of their roles there; nothing else counts, no superuser flag.
ROLES: dict[str, frozenset[str]] = {
    "viewer": frozenset({"secret.view", "access.check"}),
    "editor": frozenset({"secret.view", "access.check", "secret.edit", "change.decide", "audit.view"}),
    "auditor": frozenset({"secret.view", "access.check", "audit.view", "audit.export"}),
    "admin": frozenset(
        {"secret.view", "access.check", "secret.edit", "change.decide", "audit.view", "audit.export"}
    ),
}
_WORDS = {
    "secret.view": "see the secrets",
    "access.check": "check who can read the secrets",
    "secret.edit": "edit secrets",
    "change.decide": "decide on proposed changes",
    "audit.view": "see the audit log",
    "audit.export": "export the audit log",
}


def actor_of(request: HttpRequest) -> Actor:
    """The person behind a request. The address is the one that connected: a header that anybody can write proves nothing."""
    return Actor(request.user.get_username(), str(request.META.get("REMOTE_ADDR", "")))


def roles_of(request: HttpRequest) -> dict[str, frozenset[str]]:
    """Roles by environment, read once a request and never kept longer: a role taken away counts at the next one."""
    if not hasattr(request, "_roles"):
        grants: dict[str, set[str]] = {}
        for environment, role in RoleGrant.objects.filter(user_id=request.user.pk or 0).values_list(
            "environment", "role"
        ):
            grants.setdefault(environment, set()).add(role)
        request._roles = {name: frozenset(roles) for name, roles in grants.items()}  # type: ignore[attr-defined]
    return request._roles  # type: ignore[attr-defined,no-any-return]


def may(request: HttpRequest, action: str, environment: Environment) -> bool:
    return any(action in ROLES.get(role, ()) for role in roles_of(request).get(environment.name, ()))


def environments_with(request: HttpRequest, action: str) -> list[Environment]:
    return [
        environment for environment in estate.environments().values() if may(request, action, environment)
    ]


def enter(request: HttpRequest, action: str, environment_name: str, secret: str = "") -> Environment:
    """The environment, when the person may do `action` there, and `secret` lies in it. Raises EnvironmentNotFound, NotPermitted and
    InvalidSecretName."""
    environment = estate.get_environment(environment_name)
    if not may(request, action, environment):
        refuse(request, action, environment.name, secret)
    if secret:
        environment.secret_name(secret)
    return environment


def enter_to_change(
    request: HttpRequest, action: str, environment_name: str, secret: str = ""
) -> Environment:
    """As `enter`, and with a fresh proof where the environment asks for one. Raises StepUpNeeded as well."""
    environment = enter(request, action, environment_name, secret)
    if environment.rules.step_up:
        ensure_fresh_proof(request, environment, action, secret)
    return environment


def note_proof(request: HttpRequest, at: int | None = None) -> None:
    """The person has just shown who they are, or did so at `at` (epoch seconds). Only views that checked it may call this."""
    now = int(time.time())
    request.session["proved_at"] = now if at is None else min(at, now)


def has_fresh_proof(request: HttpRequest, environment: Environment) -> bool:
    """Whether the session's last proof is young enough for this environment. A time to come is none."""
    age = int(time.time()) - int(request.session.get("proved_at", 0))
    return 0 <= age <= environment.rules.step_up_seconds


def ensure_fresh_proof(
    request: HttpRequest, environment: Environment, action: str = "", secret: str = ""
) -> None:
    """Raises StepUpNeeded. Asking for a form leads to /step-up and back; anything else is a refusal, and on record."""
    if has_fresh_proof(request, environment):
        return
    if request.method not in ("GET", "HEAD"):
        details = {"action": action, "why": "no fresh proof of who it is"}
        audit.record(
            "access.refused",
            actor_of(request),
            "refused",
            environment=environment.name,
            secret=secret,
            details=details,
        )
    raise StepUpNeeded(environment.rules.step_up_seconds)


def ensure_somewhere(request: HttpRequest, action: str) -> list[Environment]:
    """The environments where the person may do `action`. Raises NotPermitted when there is none."""
    return environments_with(request, action) or refuse(request, action)


def refuse(request: HttpRequest, action: str, environment: str = "", secret: str = "") -> list[Environment]:
    """Records the refusal and raises NotPermitted."""
    audit.record(
        "access.refused",
        actor_of(request),
        "refused",
        environment=environment,
        secret=secret,
        details={"action": action},
    )
    where = f" in {environment}" if environment else ""
    raise NotPermitted(
        f"You may not {_WORDS[action]}{where}.",
        remedy=f"Ask an admin for one of these roles{where}: {_any_of(action)}.",
    )


def _any_of(action: str) -> str:
    return ", ".join(_granting(action))


def _granting(action: str) -> Iterable[str]:
    return (role for role, actions in ROLES.items() if action in actions)
