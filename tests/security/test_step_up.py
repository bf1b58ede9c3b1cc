"""Step-up: what needs a fresh proof of who one is does nothing without one. S14, S25, S30."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client

from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord, RoleGrant
from secrets_ui.services.people.accounts import make_account
from secrets_ui.services.people.session_store import SessionStore
from testkit.posting import (
    JSON,
    current_version,
    document_form,
    edit_url,
    import_form,
    key_form,
    save_key,
)
from tests.conftest import SESSION_KEYS, MakeEstate, Watched, client_of

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"
ASKING = Rules(step_up=True, step_up_seconds=300)


@pytest.fixture
def hana() -> Any:
    make_account("hana", PASSWORD, {"dev": "editor", "staging": "editor"})
    return get_user_model().objects.get(username="hana")


def confirm(client: Client, password: str, **more: str) -> Any:
    return client.post("/step-up", {"password": password, **more})


def age_proof(client: Client, seconds: int) -> None:
    session = client.session
    session["proved_at"] = int(time.time()) - seconds
    session.save()


@pytest.mark.parametrize("page", ["edit", "edit-document", "import"])
@pytest.mark.parametrize("age", [None, 305, -60], ids=["none", "too old", "from the future"])
@pytest.mark.parametrize("script", [True, False], ids=["with the script", "without"])
def test_s30_s14_a_save_without_a_fresh_proof_is_403_keeps_nothing_and_asks_nothing_of_aws(
    watched: Watched, hana: Any, canary: str, page: str, age: int | None, script: bool
) -> None:
    estate, aws = watched(only=("dev",), dev=ASKING)
    base, before = current_version(estate, "dev", "config"), estate.value("dev", "config")
    client = client_of(hana, proved=False)
    if age is not None:
        age_proof(client, age)
    whole = json.dumps({"A": canary})
    form = {
        "edit": key_form(base, ("MIYABI_ROOT", "set", canary)),
        "edit-document": document_form(base, whole),
        "import": import_form(base, whole, take="0", confirmed="on"),
    }[page]
    aws.received.clear()

    answer = client.post(edit_url("dev", "config", page), form, **(JSON if script else {}))

    assert answer.status_code == 403
    assert "not older than 5 minutes" in (
        answer.json()["problem"]["text"] if script else answer.content.decode()
    )
    assert "/step-up?next=" in answer.content.decode()
    assert canary not in answer.content.decode()
    assert [session.get_decoded() for session in Session.objects.all()] == [dict(client.session)]
    assert not set(client.session.keys()) - SESSION_KEYS
    assert aws.received == []
    assert estate.value("dev", "config") == before
    record = AuditRecord.objects.get(action="access.refused")
    assert (record.actor, record.outcome, record.environment) == ("hana", "refused", "dev")
    assert (record.secret, json.loads(record.details)["why"]) == (
        "miyabi/dev/config",
        "no fresh proof of who it is",
    )


def test_s30_the_form_is_not_given_out_either_and_the_way_leads_there_and_back(
    watched: Watched, hana: Any
) -> None:
    estate, aws = watched(only=("dev",), dev=ASKING)
    client = client_of(hana, proved=False)

    asked = client.get(edit_url("dev", "config"))

    assert asked["Location"] == f"/step-up?next={quote(edit_url('dev', 'config'), safe='')}"
    assert aws.received == []
    assert not AuditRecord.objects.filter(action="access.refused").exists()
    assert client.get(asked["Location"]).context["next"] == edit_url("dev", "config")
    done = confirm(client, PASSWORD, next=edit_url("dev", "config"))
    assert done["Location"] == edit_url("dev", "config")
    assert client.get(done["Location"]).status_code == 200
    assert save_key(client, estate, "dev", "config", "MIYABI_ROOT", "/mine").status_code == 200


def test_s30_a_decision_needs_one_too(
    watched: Watched, hana: Any, person: Callable[..., Any]
) -> None:
    estate, aws = watched(only=("dev",), dev=Rules(second_person=True, step_up=True))
    saved = save_key(client_of(hana), estate, "dev", "config", "MIYABI_ROOT", "/mine").json()[
        "saved"
    ]
    number = saved.rpartition("=")[2]
    client = client_of(person("approver", "dev"), proved=False)
    page = client.get("/dev/changes").content.decode()
    assert "Approve" not in page
    assert "/step-up?next=/dev/changes" in page
    aws.received.clear()
    for decision in ("approve", "reject"):
        assert client.post(f"/dev/changes/{number}", {"decision": decision}).status_code == 403
    assert aws.received == []
    age_proof(client, 0)
    assert "Approve" in client.get("/dev/changes").content.decode()
    assert client.post(f"/dev/changes/{number}", {"decision": "approve"}).status_code == 302


def test_s30_where_the_environment_does_not_ask_nobody_is_asked(
    make_estate: MakeEstate, hana: Any
) -> None:
    estate = make_estate(only=("dev",))
    client = client_of(hana, proved=False)
    assert client.get(edit_url("dev", "config")).status_code == 200
    assert save_key(client, estate, "dev", "config", "MIYABI_ROOT", "/mine").status_code == 200


def test_s30_a_proof_does_not_stand_in_for_a_right(make_estate: MakeEstate, hana: Any) -> None:
    make_estate(only=("dev",), dev=ASKING)
    RoleGrant.objects.update(role="viewer")
    assert client_of(hana).get(edit_url("dev", "config")).status_code == 403
    assert client_of(hana, proved=False).get(edit_url("dev", "config")).status_code == 403


def test_s30_each_environment_has_its_own_idea_of_fresh(make_estate: MakeEstate, hana: Any) -> None:
    make_estate(
        dev=Rules(step_up=True, step_up_seconds=600),
        staging=Rules(step_up=True, step_up_seconds=60),
    )
    client = client_of(hana)
    age_proof(client, 300)
    assert client.get(edit_url("dev", "config")).status_code == 200
    assert client.get(edit_url("staging", "config")).status_code == 302


def test_s25_the_session_s_id_changes_at_step_up(hana: Any) -> None:
    client = client_of(hana, proved=False)
    before, started = client.session.session_key, client.session["started"]
    stolen = Client()
    stolen.cookies["__Host-session"] = str(before)

    assert confirm(client, PASSWORD).status_code == 302

    assert client.session.session_key != before
    assert not SessionStore().exists(before)
    assert stolen.get("/")["Location"] == "/sign-in?next=/"
    assert time.time() - client.session["proved_at"] < 60
    assert client.session["started"] == started  # a proof does not lengthen the session's life
    record = AuditRecord.objects.get(action="step_up")
    assert (record.actor, record.outcome, json.loads(record.details)) == (
        "hana",
        "done",
        {"by": "password"},
    )


def test_s30_a_wrong_password_proves_nothing_and_is_on_record(hana: Any) -> None:
    client = client_of(hana, proved=False)
    before = client.session.session_key
    assert confirm(client, "wrong").status_code == 403
    assert client.session.session_key == before
    assert "proved_at" not in client.session
    assert AuditRecord.objects.get(action="step_up").outcome == "refused"


def test_s30_fields_of_a_form_prove_nothing(hana: Any, person: Callable[..., Any]) -> None:
    """Neither a time that is sent, nor another person's password."""
    make_account("kenji", "another long password here", {"dev": "viewer"})
    client = client_of(hana, proved=False)
    sent = {"proved_at": str(int(time.time())), "username": "kenji"}
    assert confirm(client, "another long password here", **sent).status_code == 403
    assert "proved_at" not in client.session


def test_s22_wrong_passwords_at_step_up_count_with_those_at_sign_in(hana: Any) -> None:
    client = client_of(hana, proved=False)
    statuses = [confirm(client, f"wrong {n}").status_code for n in range(6)]
    assert statuses == [403, 403, 403, 403, 403, 429]
    assert confirm(client, PASSWORD).status_code == 429
    assert Client().post("/sign-in", {"username": "hana", "password": PASSWORD}).status_code == 429


def test_s22_a_right_one_starts_the_count_anew(hana: Any) -> None:
    client = client_of(hana, proved=False)
    for _ in range(2):
        assert {confirm(client, f"wrong {n}").status_code for n in range(5)} == {403}
        assert confirm(client, PASSWORD).status_code == 302


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_s33_step_up_leads_to_this_console_alone(hana: Any, wanted: str) -> None:
    assert confirm(client_of(hana), PASSWORD, next=wanted)["Location"] == "/"
