"""Local accounts and their roles, as a shell makes them."""

from collections.abc import Mapping

from django.contrib.auth import get_user_model
from django.db import transaction

from ...domain.audit.actions import Action
from ...domain.people.actor import CONSOLE, Actor
from ...models import OneTimeLink, RoleGrant
from .. import audit
from .links import keep_link, new_code
from .sessions import end_sessions


def make_account(
    username: str, password: str | None, roles: Mapping[str, str], actor: Actor = CONSOLE
) -> str:
    """Makes an account, or gives an existing one a new password and exactly these roles
    (environment → role). On record.

    Without a password, returns the code of a one-time link by which the person sets it.
    """
    code = "" if password else new_code()
    audit.record(Action.SET_ACCOUNT, actor, details={"account": username, "roles": dict(roles)})
    with transaction.atomic():
        person, _ = get_user_model()._default_manager.get_or_create(username=username)
        person.set_password(password)
        person.save()
        end_sessions(person)
        OneTimeLink.objects.filter(user=person).delete()
        if code:
            keep_link(person, code, actor)
        RoleGrant.every.filter(user=person).delete()
        RoleGrant.objects.bulk_create(
            RoleGrant(user=person, environment=env, role=role) for env, role in roles.items()
        )
    return code
