"""Sessions: one's own, everybody's for an admin, and staying signed in. S25, S26, S27."""

import json
import time
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client, RequestFactory

from secrets_ui.middleware.errors import ErrorsForPeople
from secrets_ui.models import AuditRecord, PersonSession, RoleGrant
from secrets_ui.services.people.accounts import make_account
from testkit.posting import JSON
from tests.conftest import SignedIn
from tests.security.counting_hasher import CountingHasher

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [f"{CountingHasher.__module__}.{CountingHasher.__name__}"]


def enter(
    name: str, role: str = "viewer", browser: str = "Firefox", address: str = "192.0.2.7"
) -> Client:
    """Signed in through the page, from a browser and an address."""
    make = {} if PersonSession.objects.filter(user__username=name).exists() else {"dev": role}
    if make:
        make_account(name, PASSWORD, make)
    client = Client(headers={"user-agent": browser}, REMOTE_ADDR=address)
    assert client.post("/sign-in", {"username": name, "password": PASSWORD}).status_code == 302
    return client


def listed(client: Client, path: str = "/account/sessions") -> list[Any]:
    return list(client.get(path).context["sessions"])


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def age(client: Client, **seconds: int) -> None:
    session = client.session
    for name, value in seconds.items():
        session[name] = int(time.time()) - value
    session.save()


def test_it_works() -> None:
    here, there = (
        enter("hana"),
        enter("hana", browser="Chromium on a phone", address="198.51.100.9"),
    )
    found = {(s.browser, s.address, s.by, s.is_this) for s in listed(here)}
    assert found == {
        ("Firefox", "192.0.2.7", "password", True),
        ("Chromium on a phone", "198.51.100.9", "password", False),
    }
    page = here.get("/account/sessions").content.decode()
    for client in (here, there):
        # A session's id is as good as the session.
        assert str(client.session.session_key) not in page


def test_s27_a_person_ends_one_of_their_sessions() -> None:
    here, there = enter("hana"), enter("hana", browser="Phone")
    number = next(s.number for s in listed(here) if not s.is_this)
    done = here.post(f"/account/sessions/end/{number}")["Location"]
    assert done.startswith("/account/sessions?done=")
    assert "One session of hana was ended." in here.get(done).content.decode()
    assert is_in(here)
    assert not is_in(there)
    assert Session.objects.count() == 1
    record = AuditRecord.objects.get(action="session.end")
    assert (record.actor, json.loads(record.details)["account"]) == ("hana", "hana")


def test_s27_all_but_this_one_end_at_once() -> None:
    here, others = enter("hana"), [enter("hana", browser=f"b{n}") for n in range(3)]
    kenji = enter("kenji")
    page = here.post("/account/sessions", follow=True).content.decode()
    assert "All sessions but this one were ended." in page
    assert is_in(here)
    assert is_in(kenji)
    assert not any(is_in(other) for other in others)


def test_nobody_ends_another_s_session_without_the_right() -> None:
    hana, kenji = enter("hana"), enter("kenji", "editor")
    number = listed(hana)[0].number
    assert kenji.get("/account/sessions/everybody").status_code == 403
    assert kenji.post(f"/account/sessions/end/{number}").status_code == 403
    assert is_in(hana)
    assert [s.person for s in listed(kenji)] == ["kenji"]
    refused = AuditRecord.objects.filter(action="access.refused", actor="kenji")
    assert refused.count() == 2


@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_s49_an_admin_of_dev_neither_sees_nor_ends_the_sessions_of_whoever_has_a_role_elsewhere(
    signed_in: SignedIn, role: str
) -> None:
    """One rule for every act upon an account: the right in each environment where it has a role."""
    hana, mika = enter("hana"), signed_in("admin", "dev", name="mika")
    user = get_user_model().objects.get(username="hana")
    RoleGrant.objects.create(user=user, environment="prod", role=role, prefix="api-")
    number = listed(hana)[0].number
    assert listed(mika, "/account/sessions/everybody") == []
    assert mika.post(f"/account/sessions/end/{number}").status_code == 403
    assert mika.post(f"/people/{user.pk}/account", {"account": "off"}).status_code == 403
    assert is_in(hana)
    refused = AuditRecord.objects.filter(action="access.refused", actor="mika")
    assert set(refused.values_list("environment", "outcome")) == {("prod", "refused")}
    root = signed_in("admin", "dev", "prod", name="root")
    assert [s.number for s in listed(root, "/account/sessions/everybody")] == [number]
    assert root.post(f"/account/sessions/end/{number}").status_code == 302
    assert not is_in(hana)


def test_an_admin_sees_and_ends_the_sessions_of_those_below_on_record() -> None:
    hana, admin = enter("hana"), enter("root", "admin")
    found = listed(admin, "/account/sessions/everybody")
    assert {s.person for s in found} == {"hana", "root"}
    number = next(s.number for s in found if s.person == "hana")
    done = admin.post(f"/account/sessions/end/{number}", {"everybody": "yes"})
    assert done["Location"].startswith("/account/sessions/everybody?done=")
    assert "One session of hana was ended." in admin.get(done["Location"]).content.decode()
    assert not is_in(hana)
    record = AuditRecord.objects.get(action="session.end")
    assert (record.actor, json.loads(record.details)["account"]) == ("root", "hana")
    assert admin.post(f"/account/sessions/end/{number}").status_code == 404


@pytest.mark.parametrize("path", ["/account/sessions/end/1", "/account/stay"])
def test_it_rejects_other_methods(signed_in: SignedIn, path: str) -> None:
    assert signed_in("viewer").get(path).status_code == 405


def test_sessions_that_are_over_are_not_listed_and_leave_nothing() -> None:
    here, idle, old, out = (enter("hana", browser=b) for b in ("here", "idle", "old", "out"))
    age(idle, seen=1801)
    age(old, started=12 * 3600 + 1)
    out.post("/sign-out")
    assert [s.browser for s in listed(here)] == ["here"]
    assert PersonSession.objects.count() == Session.objects.count() == 1


def test_s25_a_session_stays_listed_when_a_step_up_gives_it_a_new_id() -> None:
    client = enter("hana")
    number = listed(client)[0].number
    assert client.post("/step-up", {"password": PASSWORD}).status_code == 302
    assert [(s.number, s.is_this) for s in listed(client)] == [(number, True)]


def test_a_hostile_browser_is_shown_inert() -> None:
    client = enter("hana", browser="<script>alert(1)</script>" * 20)
    page = client.get("/account/sessions").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_s26_staying_signed_in_counts_as_use_and_does_not_lengthen_the_whole_life() -> None:
    client = enter("hana")
    age(client, seen=1700, started=11 * 3600)
    result = client.post("/account/stay", **JSON).json()
    assert abs(result["idle"] - (time.time() + 1800)) < 60
    assert abs(result["life"] - (time.time() + 3600)) < 60
    assert time.time() - client.session["seen"] < 60
    assert client.post("/account/stay", {"next": "/account"})["Location"] == "/account"
    assert client.post("/account/stay", {"next": "//evil.example"})["Location"] == "/"


def test_s26_what_is_over_cannot_be_made_longer() -> None:
    client = enter("hana")
    age(client, seen=1801)
    answer = client.post("/account/stay", **JSON)
    assert answer.status_code == 401
    assert not Session.objects.exists()


def test_the_limits_of_a_session_are_told_by_the_settings_alone(settings: Any) -> None:
    settings.SESSION_IDLE_SECONDS, settings.SESSION_LIFE_SECONDS = 20 * 60, 8 * 3600
    settings.SESSION_WARNING_SECONDS = 120
    page = enter("hana").get("/account/sessions").content.decode()
    assert "after 20 minutes without use, and after 8 hours in any case" in page
    assert 'data-warning="120" data-longest="8 hours"' in page


def test_every_page_shows_when_the_session_ends() -> None:
    client = enter("hana")
    age(client, seen=50, started=50)
    page = client.get("/account").content.decode()
    ends = client.session["seen"] + 1800
    assert f'data-session="{ends}"' in page
    assert time.strftime("until %H:%M UTC", time.gmtime(ends)) in page
    assert "Stay signed in" in page


def test_a_session_that_another_request_has_ended_meanwhile_is_no_fault_of_the_console() -> None:
    """Django's UpdateError in a view: its row is gone, or the database cannot be written."""
    client = enter("hana")
    request = RequestFactory().get("/account")
    request.user, request.session = AnonymousUser(), client.session
    errors = ErrorsForPeople(lambda request: HttpResponse())
    told = errors.process_exception(request, UpdateError())
    assert told is not None
    assert told.status_code == 503
    Session.objects.all().delete()
    again = errors.process_exception(request, UpdateError())
    assert again is not None
    assert (again.status_code, again["Location"]) == (302, "/sign-in?expired")
