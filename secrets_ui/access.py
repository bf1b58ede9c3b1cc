"""The gatehouse: who may do what where. Every view asks here first; a refusal is recorded and no AWS call is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.http import HttpRequest

from .domain.actor import Actor
from .domain.environment import Environment
from .domain.errors import NotPermitted
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


@dataclass(frozen=True)
class Person:
    """Somebody who asks, by request or from a shell, with their roles by environment: all that the gatehouse goes by."""

    actor: Actor
    roles: Mapping[str, frozenset[str]]

    def may(self, action: str, environment: Environment) -> bool:
        return any(action in ROLES.get(role, ()) for role in self.roles.get(environment.name, ()))

    def environments_with(self, action: str) -> list[Environment]:
        return [place for place in estate.environments().values() if self.may(action, place)]


def person_of(request: HttpRequest) -> Person:
    return Person(actor_of(request), roles_of(request))


def person_at_shell(username: str, os_user: str) -> Person:
    """An account in whose name a command is run. Raises NotPermitted, on record, when there is none that may sign in: whoever may run
    a command holds the console's settings, so no password would add anything; the record tells the operating system's user as well."""
    account = get_user_model()._default_manager.filter(username=username, is_active=True).first()
    actor = Actor(username, "shell", os_user)
    if account is None:
        audit.record("access.refused", actor, "refused", details={"action": "shell"})
        raise NotPermitted(
            f"There is no account {username[:60]} that may sign in.", remedy="Name one with --as."
        )
    return Person(actor, _granted_to(account.pk))


def actor_of(request: HttpRequest) -> Actor:
    """The person behind a request. The address is the one that connected: a header that anybody can write proves nothing."""
    return Actor(request.user.get_username(), str(request.META.get("REMOTE_ADDR", "")))


def roles_of(request: HttpRequest) -> dict[str, frozenset[str]]:
    """Roles by environment, read once a request and never kept longer: a role taken away counts at the next one."""
    if not hasattr(request, "_roles"):
        request._roles = _granted_to(request.user.pk or 0)  # type: ignore[attr-defined]
    return request._roles  # type: ignore[attr-defined,no-any-return]


def _granted_to(user_id: int) -> dict[str, frozenset[str]]:
    grants: dict[str, set[str]] = {}
    for environment, role in RoleGrant.objects.filter(user_id=user_id).values_list("environment", "role"):
        grants.setdefault(environment, set()).add(role)
    return {name: frozenset(roles) for name, roles in grants.items()}


def may(request: HttpRequest, action: str, environment: Environment) -> bool:
    return person_of(request).may(action, environment)


def environments_with(request: HttpRequest, action: str) -> list[Environment]:
    return person_of(request).environments_with(action)


def enter(request: HttpRequest, action: str, environment_name: str, secret: str = "") -> Environment:
    """As `enter_as`, for the person behind a request."""
    return enter_as(person_of(request), action, environment_name, secret)


def enter_as(person: Person, action: str, environment_name: str, secret: str = "") -> Environment:
    """The environment, when the person may do `action` there, and `secret` lies in it. Raises EnvironmentNotFound, NotPermitted and
    InvalidSecretName."""
    environment = estate.get_environment(environment_name)
    if not person.may(action, environment):
        refuse(person, action, environment.name, secret)
    if secret:
        environment.secret_name(secret)
    return environment


def ensure_somewhere(request: HttpRequest, action: str) -> list[Environment]:
    """As `ensure_somewhere_as`, for the person behind a request."""
    return ensure_somewhere_as(person_of(request), action)


def ensure_somewhere_as(person: Person, action: str) -> list[Environment]:
    """The environments where the person may do `action`. Raises NotPermitted when there is none."""
    return person.environments_with(action) or refuse(person, action)


def refuse(person: Person, action: str, environment: str = "", secret: str = "") -> list[Environment]:
    """Records the refusal and raises NotPermitted."""
    audit.record(
        "access.refused",
        person.actor,
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
