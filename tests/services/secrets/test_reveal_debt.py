"""reveal_debt: which current values somebody has revealed, and which should be changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import RoleGrant
from secrets_ui.services.configuration import get_environment
from secrets_ui.services.secrets.opening import open_secret
from secrets_ui.services.secrets.reveal import reveal_key
from secrets_ui.services.secrets.reveal_debt import (
    debts_of,
    debts_of_secret,
    reveal_debt,
    to_rotate,
)
from tests.conftest import Estate

pytestmark = pytest.mark.django_db
NAME = "miyabi/dev/config"


@pytest.fixture
def estate(make_estate: Callable[..., Estate]) -> Estate:
    estate = make_estate(only=("dev",))
    put(estate, FIRST="one", SECOND="two", MIYABI_ROOT="/x")
    return estate


def put(estate: Estate, **values: str) -> None:
    """A version made outside the console, that somebody then opens."""
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId=NAME, SecretString=json.dumps(values)
    )
    current()


def current() -> str:
    return open_secret(get_environment("dev"), NAME, Actor("viewer")).secret.current


def see(person: str, key: str) -> None:
    reveal_key(
        get_environment("dev"), Actor(person), NAME, key, current(), reason="OPS-9", to="screen"
    )


def seen_by() -> dict[str, list[str]]:
    found = debts_of_secret(get_environment("dev"), NAME, current())
    return {key: sorted(debt.person for debt in debts) for key, debts in found.items()}


def test_a_key_says_who_has_seen_it_since_its_last_change(estate: Estate) -> None:
    for person in ("hana", "ken", "hana"):
        see(person, "FIRST")
    assert seen_by() == {"FIRST": ["hana", "ken"]}


def test_a_change_of_the_key_pays_and_a_change_of_another_does_not(estate: Estate) -> None:
    see("hana", "FIRST")
    see("hana", "SECOND")
    put(estate, FIRST="one", SECOND="another")
    assert seen_by() == {"FIRST": ["hana"]}
    put(estate, SECOND="another")
    assert seen_by() == {}


def test_the_same_value_brought_back_is_a_value_that_was_seen(estate: Estate) -> None:
    see("hana", "FIRST")
    put(estate, FIRST="other")
    put(estate, FIRST="one")
    assert seen_by() == {"FIRST": ["hana"]}


def test_what_is_not_secret_is_no_debt(estate: Estate) -> None:
    see("hana", "MIYABI_ROOT")
    assert seen_by() == {}


def test_a_whole_text_is_paid_by_another_text(estate: Estate) -> None:
    client = estate["dev"].clients.secretsmanager
    client.put_secret_value(SecretId=NAME, SecretString="a text")
    see("hana", "")
    assert seen_by() == {"": ["hana"]}
    client.put_secret_value(SecretId=NAME, SecretString="another text")
    assert seen_by() == {}


@pytest.mark.parametrize("loss", ["role", "reach", "account", "all"])
def test_who_loses_their_roles_leaves_a_to_do(
    estate: Estate, person: Callable[..., Any], loss: str
) -> None:
    place, user = get_environment("dev"), person("editor", "dev", name="hana")
    see("hana", "FIRST")
    assert [debt.key for debt in debts_of("hana", [place])] == ["FIRST"]
    assert to_rotate([place]) == []

    if loss == "role":
        RoleGrant.objects.filter(user=user).update(role="viewer")
    elif loss == "reach":
        RoleGrant.objects.filter(user=user).update(prefix="api-")
    elif loss == "account":
        user.is_active = False
        user.save()
    else:
        user.delete()
    (debt,) = to_rotate([place])
    assert (debt.secret, debt.key, debt.person) == (NAME, "FIRST", "hana")
    assert debt.why in ("no role there any more", "the account is off", "the account is gone")
    assert [debt.key for debt in reveal_debt(place)] == ["FIRST"]

    put(estate, FIRST="rotated")
    assert to_rotate([place]) == reveal_debt(place) == []
