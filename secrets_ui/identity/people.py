"""People who come from the identity provider: their account here, and the roles that their groups
give."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from ..domain.audit.actions import Action
from ..domain.errors import IdentityRefused
from ..domain.people.actor import Actor
from ..domain.people.identity import Identity
from ..domain.people.names import is_usable_name
from ..models import RoleGrant
from ..services import audit, configuration
from ..services.people.sessions import end_sessions


def admit(identity: Identity, address: str) -> Any:
    """The account of a person who may sign in, made at their first sign-in, with the roles of their
    groups.

    Group roles that they no longer have are taken away. Raises IdentityRefused for somebody in no
    group with a role, an account that is switched off, or a name that belongs to somebody else.
    """
    roles = {
        (name, role)
        for name, environment in configuration.environments().items()
        for role in environment.roles_for(identity.groups)
    }
    person = person_of(identity.subject)
    if not roles:
        if person:
            _shut_out(person, address)
        raise _in_no_group(identity)
    if person is None:
        person = _new_person(identity)
    elif not person.is_active:
        raise IdentityRefused(
            "Your account here is switched off.",
            "switched off",
            remedy="Ask an admin of this console.",
            name=person.get_username(),
        )
    set_group_roles(person, roles, address)
    return person


def person_of(subject: str) -> Any:
    """By issuer and subject alone: a name or an address may have had another owner."""
    linked = SocialAccount.objects.filter(provider=settings.OIDC_PROVIDER_ID, uid=subject)
    account = linked.select_related("user").first()
    return account.user if account else None


def comes_from_provider(person: Any) -> bool:
    return bool(
        SocialAccount.objects.filter(user=person, provider=settings.OIDC_PROVIDER_ID).exists()
    )


def set_group_roles(person: Any, roles: set[tuple[str, str]], address: str) -> None:
    """Replaces the roles that groups gave, on record when they change.

    Roles that an admin gave stay as they are.
    """
    given = RoleGrant.objects.filter(user=person, source=RoleGrant.Source.GROUPS)
    if set(given.values_list("environment", "role")) == roles:
        return
    name = person.get_username()
    in_order = sorted(roles, key=lambda given: (configuration.place_of(given[0]), given[1]))
    named = [f"{role} in {environment}" for environment, role in in_order]

    def replace() -> None:
        given.delete()
        RoleGrant.objects.bulk_create(
            RoleGrant(
                user=person, environment=environment, role=role, source=RoleGrant.Source.GROUPS
            )
            for environment, role in in_order
        )

    # In the record's turn: two sign-ins at once replace them one after the other.
    audit.record(
        Action.SET_GROUP_ROLES,
        Actor(name, address),
        details={"account": name, "roles": named},
        in_transaction=replace,
    )


def _shut_out(person: Any, address: str) -> None:
    """Takes the roles of groups away and ends the sessions, without waiting for the record."""
    given, name = (
        RoleGrant.objects.filter(user=person, source=RoleGrant.Source.GROUPS),
        person.get_username(),
    )

    def take() -> None:
        given.delete()
        end_sessions(person)

    if given.exists():
        audit.record_when_possible(
            Action.SET_GROUP_ROLES,
            Actor(name, address),
            details={"account": name, "roles": []},
            in_transaction=take,
        )
    else:
        end_sessions(person)


def _in_no_group(identity: Identity) -> IdentityRefused:
    environments = configuration.environments().values()
    known = sorted({group for environment in environments for group, _ in environment.groups})
    remedy = "An admin maps groups to roles in environments.toml; there are none yet."
    if known:
        names = ", ".join(known)
        remedy = f"Ask whoever manages your groups for one of these: {names}. Then sign in again."
    return IdentityRefused(
        f"The provider knows you as {identity.name or identity.subject}, but in no group that has "
        "a role in this console.",
        "in no group with a role",
        remedy=remedy,
        # The record has its own names, and nobody else's act stands under one.
        name=identity.name if is_usable_name(identity.name) else "",
    )


def _new_person(identity: Identity) -> Any:
    """Raises IdentityRefused when the name cannot be used, or is taken by a local account or by an
    earlier subject with the same address."""
    users = get_user_model()
    name = identity.name
    if not is_usable_name(name):
        raise IdentityRefused(
            f"The provider's claim {settings.OIDC_NAME_CLAIM} holds no name that can be used here.",
            "no usable name",
            remedy="An admin sets OIDC_NAME_CLAIM to a claim with a name, such as email.",
        )
    same = Q(username__iexact=name)
    if identity.email:
        same |= Q(email__iexact=identity.email) | Q(username__iexact=identity.email)
    if users._default_manager.filter(same).exists():
        raise IdentityRefused(
            f"There is an account called {name} already, and it belongs to somebody else: the "
            "provider knows you by another subject.",
            "changed subject, same name or address",
            remedy="Ask an admin. If it is you after a move at the provider, they take the old "
            "account away first.",
            name=name,
        )
    person = users(username=name, email=identity.email)
    person.set_unusable_password()
    with transaction.atomic():
        person.save()
        SocialAccount.objects.create(
            user=person, provider=settings.OIDC_PROVIDER_ID, uid=identity.subject
        )
    return person
