"""Local people come in by a link that works once: they set a password, and nobody else knows it.

The console keeps a hash of the link's code. The code has 256 random bits, and is found by its hash,
so that comparing takes the same time for every wrong one.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from ...domain.audit.actions import Action
from ...domain.errors import InvalidInput
from ...domain.people.actor import Actor
from ...domain.people.names import is_usable_name, tidy_name
from ...models import OneTimeLink
from .. import audit

HOURS = 24
CODE_BYTES = 32


class InvalidName(InvalidInput):
    """A name that no account can have, or that one has."""

    title = "This name cannot be used"


class LinkIsOver(InvalidInput):
    """The link was used meanwhile, or replaced by a newer one."""

    title = "This link is not valid any more"
    remedy = "Ask an admin for a new one."


def add_person(actor: Actor, name: str) -> tuple[Any, str]:
    """A new account without a password and without roles, and the code of its link.

    Raises InvalidName, AuditUnavailable.
    """
    name, code = tidy_name(name), new_code()
    ensure_usable(name)
    made: list[Any] = []

    def add() -> None:
        users = get_user_model()._default_manager
        if users.filter(Q(username__iexact=name) | Q(email__iexact=name)).exists():
            raise InvalidName(f"There is an account called {name} already.", key="name")
        # Without a password nobody can sign in with one.
        made.append(users.create_user(name))
        keep_link(made[0], code, actor)

    audit.record(Action.ADD_ACCOUNT, actor, details={"account": name}, in_transaction=add)
    return made[0], code


def ensure_usable(name: str) -> None:
    """Raises InvalidName."""
    if not is_usable_name(name):
        raise InvalidName(
            "A name has 1 to 150 letters, digits, blanks and signs, none of them < or >.",
            key="name",
        )


def renew_link(actor: Actor, person: Any) -> str:
    """A new link of somebody who has not set a password yet; the old one ends. Returns its code.

    Raises LinkIsOver where they have set one, AuditUnavailable.
    """
    code = new_code()

    def renew() -> None:
        if not waits_for_password(person):
            raise LinkIsOver("This person has set their password.", remedy="")
        keep_link(person, code, actor)

    details = {"account": person.get_username()}
    audit.record(Action.MAKE_LINK, actor, details=details, in_transaction=renew)
    return code


def waits_for_password(person: Any) -> bool:
    """Whether it is an account that a link was made for and not used."""
    return OneTimeLink.objects.filter(user=person).exists()


def keep_link(person: Any, code: str, actor: Actor) -> None:
    kept = {"digest": _digest(code), "made_at": datetime.now(UTC), "made_by": actor.name}
    OneTimeLink.objects.update_or_create(user=person, defaults=kept)


def new_code() -> str:
    return secrets.token_urlsafe(CODE_BYTES)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def find_link(code: str) -> OneTimeLink | None:
    """None where there is none, where it is over, and where its account is off.

    A link that was made in the future was made before the clock was put back, and is over.
    """
    now = datetime.now(UTC)
    found = OneTimeLink.objects.filter(digest=_digest(code), user__is_active=True)
    in_time = found.filter(
        made_at__gt=now - timedelta(hours=HOURS), made_at__lte=now + timedelta(minutes=1)
    )
    return in_time.select_related("user").first()


def use_link(link: OneTimeLink, address: str, password: str) -> None:
    """Sets the password, once. Raises LinkIsOver, AuditUnavailable."""

    def use() -> None:
        if not OneTimeLink.objects.filter(pk=link.pk, digest=link.digest).delete()[0]:
            raise LinkIsOver("It has been used.")
        link.user.set_password(password)
        link.user.save(update_fields=["password"])

    audit.record(Action.USE_LINK, Actor(link.user.get_username(), address), in_transaction=use)
