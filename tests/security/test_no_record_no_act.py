"""Section E, S60 and S69 through HTTP: without a record, no view does anything."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord
from secrets_ui.services.people.accounts import make_account
from testkit.posting import (
    JSON,
    current_version,
    document_form,
    edit_url,
    import_form,
    key_form,
    save_key,
)
from tests.conftest import Estate, SignedIn, Watched

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        "sqlite" not in os.environ["DATABASE_URL"],
        reason="SQLite's own switch; tests/processes has PostgreSQL's",
    ),
]
PASSWORD = "correct horse battery staple"


@contextmanager
def read_only() -> Iterator[None]:
    """Real refusals by SQLite: "attempt to write a readonly database"."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = OFF")


def acts(estate: Estate) -> dict[str, Callable[[Client], Any]]:
    base = current_version(estate, "dev", "config")
    keys, document = edit_url("dev", "config"), edit_url("dev", "config", "edit-document")
    return {
        "save": lambda client: client.post(
            keys, key_form(base, ("MIYABI_ROOT", "set", "/late")), **JSON
        ),
        "save without a script": lambda client: client.post(
            keys, key_form(base, ("MIYABI_ROOT", "set", "/late"))
        ),
        "save a document": lambda client: client.post(document, document_form(base, "{}"), **JSON),
        "import": lambda client: client.post(
            edit_url("dev", "config", "import"), import_form(base, "A=1", take="0"), **JSON
        ),
        "export": lambda client: client.get("/audit/export.csv"),
        "sign out": lambda client: client.post("/sign-out"),
        "look at what nobody has seen": lambda client: client.get("/dev/secret/miyabi/dev/unseen"),
    }


NAMES = (
    "save",
    "save without a script",
    "save a document",
    "export",
    "sign out",
    "look at what nobody has seen",
)


@pytest.mark.parametrize(
    "seen", [0, 90], ids=["just now", "a minute ago, so that the session is to be written as well"]
)
@pytest.mark.parametrize("name", NAMES)
def test_s60_with_a_read_only_database_nothing_is_done(
    watched: Watched, signed_in: SignedIn, name: str, seen: int
) -> None:
    estate, aws = watched(only=("dev",))
    estate["dev"].clients.secretsmanager.create_secret(
        Name="miyabi/dev/unseen", SecretString='{"A": "1"}'
    )
    client, act, before = (
        signed_in("admin", "dev"),
        acts(estate)[name],
        estate.value("dev", "config"),
    )
    session = client.session
    session["seen"] -= seen
    session.save()
    with read_only():
        answer = act(client)
    assert answer.status_code == 503
    assert "written" in answer.content.decode()
    assert not {"GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"} & set(
        aws.operations()
    )
    if name.startswith("save"):
        assert aws.received == []
    assert estate.value("dev", "config") == before
    assert Session.objects.count() == 1
    # Whoever signs out is out at least in this browser.
    assert bool(client.cookies["__Host-session"].value) is (name != "sign out")


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_s60_no_decision_is_carried_out_without_a_record(
    watched: Watched, signed_in: SignedIn, decision: str
) -> None:
    estate, aws = watched(only=("dev",), dev=Rules(second_person=True))
    proposed = save_key(signed_in("editor", "dev"), estate, "dev", "config", "MIYABI_ROOT", "/new")
    number, before = proposed.json()["saved"].rpartition("=")[2], estate.value("dev", "config")
    client = signed_in("admin", "dev")
    form = {"decision": decision, "reason": "OPS-9"}
    aws.received.clear()
    with read_only():
        assert client.post(f"/dev/changes/{number}", form).status_code == 503
    assert not {"GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"} & set(
        aws.operations()
    )
    assert estate.value("dev", "config") == before


def test_s60_nobody_is_let_in_without_a_record(client: Client) -> None:
    make_account("hana", PASSWORD, {"dev": "viewer"})
    with read_only():
        for password in (PASSWORD, "wrong"):
            assert (
                client.post("/sign-in", {"username": "hana", "password": password}).status_code
                == 503
            )
    assert not Session.objects.exists()
    assert client.get("/").status_code == 302


def test_s60_a_refusal_that_cannot_be_recorded_is_one_all_the_same(
    watched: Watched, signed_in: SignedIn
) -> None:
    _, aws = watched(only=("dev",))
    client = signed_in("viewer", "dev")
    with read_only():
        assert client.get(edit_url("dev", "config")).status_code == 503
    assert aws.received == []


def test_s69_a_person_s_writes_are_limited_and_told_so(
    watched: Watched, signed_in: SignedIn, settings: Any
) -> None:
    settings.WRITES_PER_MINUTE = 2
    estate, aws = watched(only=("dev",))
    client = signed_in("editor", "dev", name="hana")
    for number in range(2):
        assert (
            save_key(client, estate, "dev", "config", "MIYABI_ROOT", f"/{number}").status_code
            == 200
        )
    aws.received.clear()
    refused = save_key(client, estate, "dev", "config", "MIYABI_ROOT", "/3")
    assert (refused.status_code, refused.json()["problem"]["title"]) == (
        429,
        "Too many changes in a short time",
    )
    assert aws.received == []
    record = AuditRecord.objects.get(action="rate.limited")
    assert (record.actor, record.outcome, record.secret) == ("hana", "refused", "miyabi/dev/config")
    saved = save_key(signed_in("editor", "dev"), estate, "dev", "config", "MIYABI_ROOT", "/4")
    assert saved.status_code == 200
