"""What lessens power is done while the log takes no records, and is on record when it does."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord, RoleGrant, WaitingRecord
from secrets_ui.services import audit
from secrets_ui.services.audit.verify import verify_audit
from secrets_ui.services.configuration import get_environment
from secrets_ui.services.people.people import LastAdmin, find_person, take_role
from secrets_ui.services.people.sessions import note_session
from tests.conftest import client_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        "sqlite" not in os.environ["DATABASE_URL"], reason="the trigger is written for SQLite"
    ),
]
Person = Callable[..., Any]


@contextmanager
def no_records() -> Iterator[None]:
    """The database itself refuses records, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER full BEFORE INSERT ON secrets_ui_auditrecord "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER full")


@pytest.fixture
def admin(person: Person) -> Client:
    return client_of(person("admin", name="mika"))


@pytest.fixture
def hana(person: Person) -> Any:
    """A viewer of dev with an open session, number 1 of her list."""
    user = person("viewer", "dev", name="hana")
    client = client_of(user)
    note_session(str(client.session.session_key), user, "password", "192.0.2.7", "a browser")
    user.client = client
    return user


def acts(hana: Any) -> dict[str, str]:
    grant, session = RoleGrant.objects.get(user=hana), hana.sessions.get()
    return {
        "role.taken": f"/people/{hana.pk}/take/{grant.pk}",
        "account.switched_off": f"/people/{hana.pk}/account",
        "session.end": f"/account/sessions/end/{session.pk}",
    }


@pytest.mark.parametrize("action", ["role.taken", "account.switched_off", "session.end"])
def test_s60_power_is_taken_away_while_the_log_takes_no_records(
    admin: Client, hana: Any, action: str
) -> None:
    with no_records():
        answer = admin.post(acts(hana)[action], {"account": "off", "everybody": "yes"})
        assert answer.status_code == 302
        assert "It is not on record yet" in admin.get(answer["Location"]).content.decode()
        assert hana.client.get("/dev/").status_code != 200
    assert not AuditRecord.objects.filter(action=action).exists()
    assert audit.append_waiting() == 1
    record = AuditRecord.objects.get(action=action)
    details = json.loads(record.details)
    assert (record.actor, record.outcome, details["account"]) == ("mika", "done", "hana")
    assert details["done_at"] < record.at
    assert audit.append_waiting() == 0
    assert verify_audit()[0] == []


def test_s60_somebody_signs_out_while_the_log_takes_no_records(hana: Any) -> None:
    with no_records():
        assert hana.client.post("/sign-out")["Location"] == "/sign-in"
    assert not Session.objects.exists()
    assert not hana.sessions.exists()
    assert audit.append_waiting() == 1
    assert AuditRecord.objects.get(action="sign_out").actor == "hana"


def test_s60_power_is_not_given_without_a_record(admin: Client, hana: Any) -> None:
    with no_records():
        given = admin.post(f"/people/{hana.pk}/give", {"environment": "dev", "role": "editor"})
        on = admin.post(f"/people/{hana.pk}/account", {"account": "on"})
    assert (given.status_code, on.status_code) == (503, 503)
    assert RoleGrant.objects.filter(user=hana).count() == 1
    assert not WaitingRecord.objects.exists()


def test_s47_a_refused_act_is_undone_and_no_record_of_it_waits(person: Person) -> None:
    user = person("admin", "dev", name="root")
    environment, grant = get_environment("dev"), RoleGrant.objects.get(user=user)
    target = find_person(user.pk, ["dev"])
    assert target
    with pytest.raises(LastAdmin):
        take_role(environment, Actor("mika"), target, grant.pk)
    assert RoleGrant.objects.filter(pk=grant.pk).exists()
    assert not WaitingRecord.objects.exists()
    assert AuditRecord.objects.get(action="role.taken").outcome == "refused"


def test_the_record_is_there_at_once_where_the_log_takes_it(admin: Client, hana: Any) -> None:
    done = admin.post(acts(hana)["session.end"], {"everybody": "yes"})["Location"]
    record = AuditRecord.objects.get(action="session.end")
    assert done.endswith(f"?done={record.sequence}")
    assert "done_at" not in record.details
    assert not WaitingRecord.objects.exists()


def test_nobody_is_shown_another_s_waiting_record(admin: Client, hana: Any) -> None:
    with no_records():
        done = admin.post(acts(hana)["session.end"], {"everybody": "yes"})["Location"]
    other = client_of(hana)
    assert (
        "not on record yet"
        not in other.get(f"/account/sessions?{done.partition('?')[2]}").content.decode()
    )
    for mark in ("w", "wx", "w" + "9" * 30, "w-1", "w١"):
        assert admin.get("/account/sessions", {"done": mark}).status_code == 200
