"""Local accounts and their roles."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth import get_user_model
from django.db import transaction

from ...domain.audit.actions import Action
from ...domain.people.actor import CONSOLE
from ...models import RoleGrant
from .. import audit


def make_account(username: str, password: str, roles: Mapping[str, str]) -> None:
    """Makes an account, or gives an existing one a new password and exactly these roles
    (environment → role). On record."""
    audit.record(Action.SET_ACCOUNT, CONSOLE, details={"account": username, "roles": dict(roles)})
    with transaction.atomic():
        person, _ = get_user_model()._default_manager.get_or_create(username=username)
        person.set_password(password)
        person.save()
        RoleGrant.objects.filter(user=person).delete()
        RoleGrant.objects.bulk_create(
            RoleGrant(user=person, environment=env, role=role) for env, role in roles.items()
        )
