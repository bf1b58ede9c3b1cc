"""Who may do what where.

Every view asks here first; a refusal is recorded, and no AWS call is made.
"""

import time
from collections.abc import Callable
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest

from .domain.audit.actions import Action
from .domain.environment import Environment
from .domain.errors import NotPermitted, StepUpNeeded
from .domain.people.actor import Actor
from .domain.people.roles import OF_THE_WHOLE, ROLES, WORDS, covers, granting
from .models import RoleGrant
from .services import audit, configuration

# Actions that an environment has to allow as well, by a line of the environments file.
_SWITCHES = {"secret.manage": "manage", "function.refresh": "refresh"}
# `enter` or `enter_to_change`.
Enter = Callable[[HttpRequest, str, str], Environment]


def actor_of(request: HttpRequest) -> Actor:
    """The person behind a request, and the address that `incoming.client_address` settled."""
    return Actor(
        request.user.get_username(),
        str(request.META.get("REMOTE_ADDR", "")),
        getattr(request, "os_user", ""),
    )


def grants_of(request: HttpRequest) -> dict[str, frozenset[tuple[str, str]]]:
    """(role, prefix) by environment, read once a request and never kept longer: taking a role away
    counts from the next request on."""
    if not hasattr(request, "_grants"):
        found: dict[str, set[tuple[str, str]]] = {}
        for grant in RoleGrant.objects.of_person(request.user.pk or 0):
            found.setdefault(grant.environment, set()).add((grant.role, grant.prefix))
        by_environment = {name: frozenset(grants) for name, grants in found.items()}
        request._grants = by_environment  # type: ignore[attr-defined]
    return request._grants  # type: ignore[attr-defined,no-any-return]


def may(request: HttpRequest, action: str, environment: Environment, secret: str = "") -> bool:
    """Whether the person may do `action` to `secret`; without one, to any secret of the
    environment."""
    return not _is_switched_off(action, environment) and any(
        action in ROLES.get(role, ()) and _reaches(environment, prefix, action, secret)
        for role, prefix in grants_of(request).get(environment.name, ())
    )


def _is_switched_off(action: str, environment: Environment) -> bool:
    return action in _SWITCHES and not getattr(environment, _SWITCHES[action])


def _reaches(environment: Environment, prefix: str, action: str, secret: str) -> bool:
    if prefix and action in OF_THE_WHOLE:
        return False
    return not secret or not prefix or covers(environment, prefix, secret)


def is_limited(request: HttpRequest, action: str, environment: Environment) -> bool:
    """Whether the person may do `action` to some of the environment's secrets only."""
    return not any(
        action in ROLES.get(role, ()) and not prefix
        for role, prefix in grants_of(request).get(environment.name, ())
    )


def reach_of(request: HttpRequest, action: str, environment: Environment) -> list[str]:
    """The prefixes of names that the person's grants for `action` cover, empty where they cover
    all."""
    if not is_limited(request, action, environment):
        return []
    grants = grants_of(request).get(environment.name, ())
    return sorted({prefix for role, prefix in grants if action in ROLES.get(role, ())})


def environments_with(request: HttpRequest, action: str) -> list[Environment]:
    return [
        environment
        for environment in configuration.environments().values()
        if may(request, action, environment)
    ]


def last_visited(request: HttpRequest, visible: list[Environment]) -> Environment | None:
    """The one that the browser visited last, if it is among those that the person may see.

    The cookie (middleware.remember_environment) may hold anything, so it only chooses.
    """
    last = request.COOKIES.get(settings.ENVIRONMENT_COOKIE_NAME)
    return next((environment for environment in visible if environment.name == last), None)


def sight_of(
    request: HttpRequest, visible: list[Environment]
) -> Callable[[Environment, str], bool]:
    """Whether the person may see a secret. Of thousands, only those of environments where they may
    see some are looked at one by one."""
    limited = {place.name for place in visible if is_limited(request, "secret.view", place)}
    return lambda place, name: place.name not in limited or may(request, "secret.view", place, name)


def comparable(request: HttpRequest) -> list[Environment]:
    """The environments whose secrets the person may all see, so that reading facts there shows
    nothing new to them."""
    return [
        environment
        for environment in environments_with(request, "secret.view")
        if not is_limited(request, "secret.view", environment)
    ]


def enter(
    request: HttpRequest, action: str, environment_name: str, secret: str = ""
) -> Environment:
    """The environment, when the person may do `action` there, to `secret` where one is given.

    Raises EnvironmentNotFound, NotPermitted and InvalidSecretName.
    """
    environment = configuration.get_environment(environment_name)
    if not may(request, action, environment):
        refuse(request, action, environment.name, secret)
    if secret:
        environment.secret_name(secret)
        ensure_reach(request, action, environment, secret)
    return environment


def ensure_reach(request: HttpRequest, action: str, environment: Environment, secret: str) -> None:
    """For a secret that the path does not name. Raises NotPermitted."""
    if not may(request, action, environment, secret):
        refuse(request, action, environment.name, secret)


def enter_to_change(
    request: HttpRequest, action: str, environment_name: str, secret: str = ""
) -> Environment:
    """As `enter`, and with a fresh proof where the environment asks for one.

    Raises StepUpNeeded as well.
    """
    environment = enter(request, action, environment_name, secret)
    if environment.rules.step_up:
        ensure_fresh_proof(request, environment, action, secret)
    return environment


def enter_to_manage(request: HttpRequest, environment_name: str, secret: str = "") -> Environment:
    """As `enter`, and always with a fresh proof: whole secrets come and go. Raises StepUpNeeded as
    well."""
    environment = enter(request, "secret.manage", environment_name, secret)
    ensure_fresh_proof(request, environment, "secret.manage", secret)
    return environment


def note_proof(request: HttpRequest, at: int | None) -> None:
    """The person has just confirmed their identity, or did so at `at` (epoch seconds).

    Only views that checked the proof may call this.
    """
    now = int(time.time())
    request.session["proved_at"] = now if at is None else min(at, now)


def is_proof_younger(request: HttpRequest, seconds: int) -> bool:
    """Whether the web session's last proof is at most so old.

    A time in the future does not count.
    """
    return 0 <= int(time.time()) - int(request.session.get("proved_at", 0)) <= seconds


def has_fresh_proof(request: HttpRequest, environment: Environment) -> bool:
    """Whether the web session's last proof is young enough for this environment."""
    return is_proof_younger(request, environment.rules.step_up_seconds)


def needs_proof(request: HttpRequest, environment: Environment) -> bool:
    """Whether the environment asks for a fresh proof before a change, and there is none."""
    return environment.rules.step_up and not has_fresh_proof(request, environment)


def ensure_fresh_proof(
    request: HttpRequest, environment: Environment, action: str = "", secret: str = ""
) -> None:
    """Raises StepUpNeeded.

    The middleware redirects a request for a form to /step-up and back; any other is a refusal, and
    on record.
    """
    if not has_fresh_proof(request, environment):
        _ask_for_proof(request, environment.rules.step_up_seconds, action, environment.name, secret)


def ensure_fresh_proof_for_account(request: HttpRequest, action: str) -> None:
    """The same before somebody changes how they sign in, so that whoever finds an open browser
    cannot keep access. Raises StepUpNeeded."""
    if not is_proof_younger(request, settings.PROOF_SECONDS):
        _ask_for_proof(request, settings.PROOF_SECONDS, action)


def _ask_for_proof(
    request: HttpRequest, seconds: int, action: str, environment: str = "", secret: str = ""
) -> NoReturn:
    if request.method not in ("GET", "HEAD"):
        details = {"action": action, "why": "no fresh proof of who it is"}
        audit.refuse_counted(
            Action.REFUSE_ACCESS,
            actor_of(request),
            environment=environment,
            secret=secret,
            details=details,
        )
    raise StepUpNeeded(seconds)


def ensure_somewhere(request: HttpRequest, action: str) -> list[Environment]:
    """The environments where the person may do `action`. Raises NotPermitted when there is none."""
    return environments_with(request, action) or refuse(request, action)


def environments_of(account: int) -> list[Environment]:
    """The environments where the account with this id has a role."""
    given = set(RoleGrant.objects.filter(user_id=account).values_list("environment", flat=True))
    return [env for name, env in configuration.environments().items() if name in given]


def ensure_over(request: HttpRequest, action: str, account: int, enter: Enter = enter) -> None:
    """For every act upon somebody else's account, which is one for all environments.

    It takes the right in each environment where that person has a role; in any one where they have
    none. `enter` may ask for a fresh proof too. Raises NotPermitted, StepUpNeeded.
    """
    for environment in environments_of(account) or ensure_somewhere(request, action)[:1]:
        enter(request, action, environment.name)


def accounts_over(request: HttpRequest, action: str) -> QuerySet[Any]:
    """Those for whom `ensure_over` raises nothing. Raises NotPermitted where that is nobody."""
    reached = [environment.name for environment in ensure_somewhere(request, action)]
    beyond = [name for name in configuration.environments() if name not in reached]
    users = get_user_model()._default_manager
    given = RoleGrant.objects.filter(environment__in=beyond)
    return users.exclude(pk__in=given.values("user_id"))


def refuse(request: HttpRequest, action: str, environment: str = "", secret: str = "") -> NoReturn:
    """Records the refusal and raises NotPermitted."""
    audit.refuse_counted(
        Action.REFUSE_ACCESS,
        actor_of(request),
        environment=environment,
        secret=secret,
        details={"action": action},
    )
    where = f" in {environment}" if environment else ""
    place = configuration.environments().get(environment)
    if place and _is_switched_off(action, place):
        switch = _SWITCHES[action]
        remedy = f"It is switched off there: {switch} = true for {environment} switches it on."
    else:
        roles = granting(action)
        which = "one of these roles" if len(roles) > 1 else "this role"
        remedy = f"Ask an admin for {which}{where}: {', '.join(roles)}."
    raise NotPermitted(f"You may not {WORDS[action]}{where}.", remedy=remedy)
