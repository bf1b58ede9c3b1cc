"""debts: which current values people know, and which should be changed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.environment import Rules
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.models import AuditRecord, RoleGrant
from secrets_ui.services import audit
from secrets_ui.services.changes.decide import approve
from secrets_ui.services.changes.save import put_new_version
from secrets_ui.services.configuration import get_environment
from secrets_ui.services.secrets.debts import debts_of, debts_of_secret, to_rotate
from secrets_ui.services.secrets.opening import open_secret
from secrets_ui.services.secrets.reveal import reveal_key
from testkit.proposals import waiting_proposal
from tests.conftest import Estate, MakeEstate

pytestmark = pytest.mark.django_db
NAME = "miyabi/dev/config"


@pytest.fixture
def estate(make_estate: MakeEstate) -> Estate:
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

    put(estate, FIRST="rotated")
    assert to_rotate([place]) == debts_of("hana", [place]) == []


def save(person: str, environment: str = "dev", **what: Any) -> str:
    """Saves an edit of what is current; returns its version."""
    place, name = get_environment(environment), f"miyabi/{environment}/config"
    base = open_secret(place, name, Actor(person)).secret.current
    return put_new_version(place, Actor(person), Edit(name, base, **what)).version_id


def typed(**values: str | None) -> tuple[Change, ...]:
    return tuple(Change(key, value and SecretValue(value)) for key, value in values.items())


def how() -> dict[str, list[str]]:
    found = debts_of_secret(get_environment("dev"), NAME, current())
    return {key: [f"{debt.person} {debt.how}" for debt in debts] for key, debts in found.items()}


def test_who_gave_a_value_knows_it_as_who_saw_it_does(estate: Estate) -> None:
    first = save(
        "hana",
        changes=typed(FIRST="uno", THIRD="tres", SECOND=None, MIYABI_ROOT="/y"),
        imported=("THIRD",),
        generate=("MIYABI_ACCESS_TOKEN",),
    )
    see("ken", "FIRST")
    assert how() == {"FIRST": ["ken saw it", "hana typed it"], "THIRD": ["hana imported it"]}

    # What goes from gateway to gateway is known to nobody more.
    save("mika", changes=typed(FIRST="due"))
    save("rei", restores=first, restored_keys=("FIRST",))
    assert how()["FIRST"] == ["ken saw it", "hana typed it"]


def test_a_whole_text_is_known_to_who_typed_it(estate: Estate) -> None:
    save("hana", document=SecretValue("a text"), is_text=True)
    assert how() == {"": ["hana set it"]}


@pytest.mark.parametrize(
    ("details", "found"),
    [
        ({}, {"FIRST": ["hana set it"]}),
        ({"replaces": 7}, {}),
        ({"generated": ["FIRST"]}, {}),
        ({"typed": ["SECOND"]}, {}),
    ],
    ids=["an old record", "put on top", "generated", "removed"],
)
def test_what_a_record_does_not_tell_counts_as_known(
    estate: Estate, details: dict[str, Any], found: dict[str, list[str]]
) -> None:
    about = {"environment": "dev", "secret": NAME, "keys": ["FIRST"]}
    with audit.act(Action.SAVE, Actor("hana"), details=details, **about) as act:
        act.done(version_id=current())
    assert how() == found


def test_an_approved_value_is_known_to_who_proposed_it(make_estate: MakeEstate) -> None:
    make_estate(only=("staging",), staging=Rules(second_person=True))
    place = get_environment("staging")
    save("hana", "staging", changes=typed(FIRST="uno"))
    assert debts_of("hana", [place]) == []
    (intent,) = AuditRecord.objects.filter(phase="intent", action=Action.PROPOSE)
    approve(place, Actor("ken"), waiting_proposal(place, intent.sequence))
    assert [debt.key for debt in debts_of("hana", [place])] == ["FIRST"]
    assert debts_of("ken", [place]) == []


def test_who_may_still_set_a_value_may_know_what_they_set(
    estate: Estate, person: Callable[..., Any]
) -> None:
    place, user = get_environment("dev"), person("admin", "dev", name="hana")
    save("hana", changes=typed(FIRST="uno"))
    assert to_rotate([place]) == []
    RoleGrant.objects.filter(user=user).update(role="viewer")
    assert [(debt.key, debt.why) for debt in to_rotate([place])] == [
        ("FIRST", "no role there any more")
    ]
