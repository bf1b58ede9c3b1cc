"""Roles with an end: gone by the clock, on record, and not brought back by a clock put back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.people.roles import InvalidGrant
from secrets_ui.domain.people.terms import spelled, term_of
from secrets_ui.models import AuditRecord, RoleGrant
from secrets_ui.services.audit.guards import find_unguarded
from secrets_ui.services.configuration import get_environment
from secrets_ui.services.people.ended_roles import end_roles
from secrets_ui.services.people.people import LastAdmin, find_person, give_role, take_role
from tests.conftest import Estate, MakeEstate, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("estate")]
NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
Person = Callable[..., Any]


@pytest.fixture
def estate(make_estate: MakeEstate) -> Estate:
    return make_estate(only=("dev",))


def give(user: Any, role: str = "editor", hours: int | None = 2) -> None:
    account = find_person(user.pk, ["dev"])
    assert account
    term = term_of(datetime.now(UTC), hours, None, "incident 4711")
    give_role(get_environment("dev"), Actor("mika"), account, role, "", term)


def move(user: Any, by: timedelta) -> None:
    """As if the clock had gone on by so much since the role was given."""
    given = RoleGrant.every.filter(user=user).exclude(until=None)
    given.update(since=F("since") - by, until=F("until") - by)


def records(action: str) -> list[dict[str, str]]:
    found = AuditRecord.objects.filter(action=action, outcome="done").order_by("sequence")
    return [json.loads(record.details) for record in found]


def may_edit(client: Client) -> bool:
    return client.get("/dev/edit/miyabi/dev/config").status_code == 200


@pytest.mark.parametrize(
    ("by", "holds"),
    [
        (timedelta(0), True),
        (2 * HOUR - timedelta(seconds=5), True),
        (2 * HOUR, False),
        (timedelta(days=400), False),
        (-timedelta(seconds=50), True),
        (-HOUR, False),
    ],
    ids=[
        "given",
        "before its end",
        "at its end",
        "clock far on",
        "clocks differ",
        "clock put back",
    ],
)
def test_a_role_holds_until_its_end_in_a_session_that_goes_on(
    person: Person, by: timedelta, holds: bool
) -> None:
    user = person("viewer", "dev", name="hana")
    client = client_of(user)
    assert not may_edit(client)
    give(user)
    move(user, by)
    assert may_edit(client) is holds
    assert client.get("/dev/").status_code == 200


@pytest.mark.parametrize("by", [timedelta(0), HOUR, 2 * HOUR, 3 * HOUR, -HOUR], ids=str)
def test_what_each_request_asks_for_is_what_is_in_force(person: Person, by: timedelta) -> None:
    """The query is written by hand, beside the manager's own."""
    user, other = person("viewer", "dev", name="hana"), person("admin", "dev", name="jun")
    give(user)
    give(user, "admin", hours=3)
    move(user, by)
    found = [(g.environment, g.role, g.prefix) for g in RoleGrant.objects.of_person(user.pk)]
    in_force = RoleGrant.objects.filter(user=user).values_list("environment", "role", "prefix")
    assert sorted(found) == sorted(in_force)
    assert [grant.role for grant in RoleGrant.objects.of_person(other.pk)] == ["admin"]


def test_an_end_is_put_on_record_once_and_the_role_can_be_given_anew(person: Person) -> None:
    user = person("viewer", "dev", name="hana")
    give(user)
    (given,) = records("role.given")
    until = RoleGrant.objects.exclude(until=None).get().until
    assert given["until"] == spelled(until)
    assert end_roles() == 0

    move(user, 2 * HOUR)
    with pytest.raises(InvalidGrant, match="in the future"):
        term_of(NOW, None, NOW - HOUR)
    give(user)  # the page does not wait for the runner
    (ended,) = records("role.ended")
    assert (ended["account"], ended["role"]) == ("hana", "editor")
    with pytest.raises(InvalidGrant, match="already"):
        give(user)
    move(user, 2 * HOUR)
    assert (end_roles(), end_roles()) == (1, 0)
    assert [len(records(action)) for action in ("role.given", "role.ended")] == [2, 2]


def test_an_end_that_is_written_past_the_console_is_found(person: Person) -> None:
    user = person("viewer", "dev", name="hana")
    RoleGrant.objects.all().delete()
    give(user)
    assert not [text for name, text in find_unguarded(["dev"]) if name.startswith("role")]
    RoleGrant.objects.update(until=NOW + timedelta(days=300))
    (found,) = [text for name, text in find_unguarded(["dev"]) if name.startswith("role")]
    assert "no audit record tells who gave this role" in found
    RoleGrant.every.update(until=None, since=None)
    assert [name for name, _ in find_unguarded(["dev"]) if name.startswith("role")]


def test_an_admin_for_a_time_is_not_the_one_who_stays(person: Person) -> None:
    mika, user = person("admin", "dev", name="mika"), person("viewer", "dev", name="hana")
    give(user, "admin")
    account, grant = find_person(mika.pk, ["dev"]), RoleGrant.objects.get(user=mika)
    assert account
    with pytest.raises(LastAdmin, match="no end"):
        take_role(get_environment("dev"), Actor("hana"), account, grant.pk)
