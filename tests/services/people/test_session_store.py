"""Web sessions: kept under a hash, short for whoever is not signed in."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from secrets_ui.models import PersonSession
from secrets_ui.services.people.accounts import make_account
from secrets_ui.services.people.session_store import SessionStore, stored_key
from tests.security.test_leaks import database_dump

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture
def hana() -> Client:
    make_account("hana", PASSWORD, {"dev": "viewer"})
    client = Client()
    assert client.post("/sign-in", {"username": "hana", "password": PASSWORD}).status_code == 302
    return client


def test_s29_the_database_holds_no_session_s_id(hana: Client) -> None:
    """Neither after a sign-in, nor after a step-up gave it a new one."""
    for _ in range(2):
        key = hana.cookies["__Host-session"].value
        assert key not in str(list(database_dump()))
        assert Session.objects.get().session_key == PersonSession.objects.get().session_key
        assert hana.get("/account").status_code == 200
        assert hana.post("/step-up", {"password": PASSWORD}).status_code == 302
        assert hana.cookies["__Host-session"].value != key


def test_s29_what_the_database_holds_opens_no_session(hana: Client) -> None:
    thief = Client()
    thief.cookies["__Host-session"] = Session.objects.get().session_key
    assert thief.get("/account").status_code == 302


def test_a_session_ends_by_its_date(hana: Client) -> None:
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=5))
    assert hana.get("/account").status_code == 200
    Session.objects.update(expire_date=timezone.now())
    assert hana.get("/account").status_code == 302


def test_a_hash_is_worth_nothing_without_the_key(hana: Client, settings: Any) -> None:
    """Whoever writes to the database cannot put a session under an id of their own."""
    key = hana.cookies["__Host-session"].value
    before = stored_key(key)
    settings.SECRET_KEY = "another one"
    assert stored_key(key) != before


@pytest.mark.parametrize("planted", ["\x00" * 8, "é" * 20, "x" * 5000])
def test_a_cookie_with_anything_in_it_is_no_session(planted: str) -> None:
    client = Client()
    client.cookies["__Host-session"] = planted
    assert client.get("/account").status_code == 302


def lives_for(session: Session) -> timedelta:
    return session.expire_date - timezone.now()


def test_who_is_not_signed_in_has_a_session_of_ten_minutes(hana: Client) -> None:
    assert lives_for(Session.objects.get()) > timedelta(hours=11)
    waiting = SessionStore()
    waiting["pending"] = {}
    waiting.save()
    row = Session.objects.get(session_key=stored_key(waiting.session_key))
    assert timedelta(minutes=9) < lives_for(row) <= timedelta(minutes=10)
