"""What the hashes cannot show: an emptied log, a table that can be changed, a role of nobody's."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection

from secrets_ui.domain.audit.actions import Action, Outcome, Phase
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.people.actor import Actor
from secrets_ui.identity.people import set_group_roles
from secrets_ui.models import RoleGrant, VersionRecord, WaitingRecord
from secrets_ui.models.append_only import TRIGGERS
from secrets_ui.services import audit, configuration
from secrets_ui.services.audit import guards
from secrets_ui.services.audit.new_record import NewRecord, as_stored
from secrets_ui.services.audit.waiting import append_waiting
from secrets_ui.services.people import people
from secrets_ui.services.people.accounts import make_account
from secrets_ui.services.status_pass.records import watch_records

pytestmark = pytest.mark.django_db
MIKA = Actor("mika")


@pytest.fixture
def dev() -> Environment:
    return configuration.get_environment("dev")


def set_up(name: str, **roles: str) -> people.Person:
    make_account(name, "a long pass phrase", roles)
    user = get_user_model().objects.get(username=name)
    found = people.find_person(user.pk, configuration.environments())
    assert found
    return found


def find_unguarded() -> list[guards.Found]:
    return guards.find_unguarded(configuration.environments())


def about() -> list[str]:
    return [about for about, _ in find_unguarded()]


def test_a_console_that_nobody_has_used_is_guarded() -> None:
    assert find_unguarded() == []


def test_an_empty_log_of_a_console_that_has_been_used_is_told_alone(person: Any) -> None:
    person("viewer", "dev")
    [(_, text)] = find_unguarded()
    assert "The audit log is empty" in text
    assert "the database holds accounts and roles" in text


def test_facts_of_versions_alone_show_that_it_has_been_used() -> None:
    VersionRecord.objects.create(arn="arn", version_id="v", digest="d", facts="{}")
    [(_, text)] = find_unguarded()
    assert "holds facts of versions" in text


@pytest.mark.parametrize("name", TRIGGERS["sqlite"])
def test_a_missing_trigger_is_told_by_its_name_and_migrate_makes_it_anew(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's stand in tests/processes.")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}")
    [(what, text)] = find_unguarded()
    assert (what, "manage.py migrate" in text) == (f"trigger {name}", True)
    call_command("migrate", verbosity=0)
    assert find_unguarded() == []
    [put_back] = [r for r in caplog.records if "put back" in r.message]
    assert put_back.__dict__["triggers"] == [name]


def test_a_role_that_was_written_past_the_console_is_told(dev: Environment) -> None:
    hana = set_up("hana", dev="viewer")
    people.give_role(dev, MIKA, hana, "editor", "api-")
    assert find_unguarded() == []
    grant = RoleGrant.objects.create(user_id=hana.pk, environment="prod", role="admin")
    [(what, text)] = find_unguarded()
    assert what == f"role {grant.pk}"
    assert text.startswith("hana is admin in prod, and no audit record tells who gave this role")


@pytest.mark.parametrize(
    "change",
    [{"prefix": ""}, {"environment": "staging"}, {"role": "approver"}, {"source": "groups"}],
)
def test_the_record_of_another_role_is_none_of_this_one(
    dev: Environment, change: dict[str, str]
) -> None:
    hana = set_up("hana")
    people.give_role(dev, MIKA, hana, "editor", "api-")
    RoleGrant.objects.update(**change)
    assert about() == [f"role {RoleGrant.objects.get().pk}"]


def test_a_role_that_was_taken_and_put_back_past_the_console_is_told(dev: Environment) -> None:
    set_up("mika", dev="admin")
    hana = set_up("hana")
    people.give_role(dev, MIKA, hana, "editor", "")
    grant = RoleGrant.objects.get(role="editor")
    people.take_role(dev, MIKA, hana, grant.pk)
    grant.save(force_insert=True)
    assert about() == [f"role {grant.pk}"]


def test_roles_of_groups_are_on_record_until_the_groups_change() -> None:
    set_up("hana", prod="viewer")
    user = get_user_model().objects.get(username="hana")
    set_group_roles(user, {("dev", "editor"), ("prod", "viewer")}, "")
    assert find_unguarded() == []
    [old] = RoleGrant.objects.filter(environment="dev")
    set_group_roles(user, {("prod", "viewer")}, "")
    assert find_unguarded() == []
    old.save(force_insert=True)
    [(what, text)] = find_unguarded()
    assert (what, "At the next sign-in the groups decide" in text) == (f"role {old.pk}", True)


def test_a_role_that_was_taken_before_its_record_could_be_written_and_given_again_is_fine(
    dev: Environment,
) -> None:
    """The record of the taking comes after that of the giving."""
    hana = set_up("hana", dev="viewer")
    taken = NewRecord(
        phase=Phase.EVENT,
        action=Action.TAKE_ROLE,
        actor=MIKA,
        outcome=Outcome.DONE,
        environment="dev",
        details={"account": "hana", "role": "viewer"},
    )
    RoleGrant.objects.all().delete()
    WaitingRecord.objects.create(row=as_stored(taken.row()), actor="mika", at=audit.now())
    people.give_role(dev, MIKA, hana, "viewer", "")
    assert append_waiting() == 1
    assert find_unguarded() == []


def test_an_account_that_was_removed_leaves_no_record_to_the_next_of_its_name(person: Any) -> None:
    set_up("hana", dev="admin", prod="admin")
    call_command("remove_person", "hana")
    person("admin", "dev", name="hana")
    assert about() == [f"role {RoleGrant.objects.get().pk}"]


def test_a_role_in_an_environment_that_is_not_configured_gives_no_power() -> None:
    hana = set_up("hana", dev="viewer")
    RoleGrant.objects.create(user_id=hana.pk, environment="gone", role="admin")
    assert find_unguarded() == []


@pytest.mark.parametrize("details", ["no JSON", "[]", "[" * 100_000])
def test_a_changed_record_costs_the_other_findings_nothing(details: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own statements.")
    hana = set_up("hana", dev="viewer")
    RoleGrant.objects.create(user_id=hana.pk, environment="prod", role="admin", source="neither")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_no_update")
        cursor.execute("UPDATE secrets_ui_auditrecord SET details = %s", [details])
    records, _ = watch_records({})
    assert "Record 1 does not match its hash" in records.breaks[0]
    roles = [f"role {grant.pk}" for grant in RoleGrant.objects.order_by("pk")]
    assert [about for about, _ in records.unguarded] == [*roles, "trigger audit_no_update"]


def test_so_many_roles_are_told_one_by_one(person: Any) -> None:
    set_up("mika", dev="admin")
    for _ in range(guards.MOST // 3 + 1):
        person("admin")
    assert len(about()) == guards.MOST
