"""What is over is deleted, and a task that fails keeps no other back."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from secrets_ui.management.housekeeping import keep_house
from secrets_ui.models import CheckRun, CountedRefusal, PersonSession, Reservation
from secrets_ui.services.people.accounts import make_account
from secrets_ui.services.people.session_store import SessionStore

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture
def hana() -> Client:
    make_account("hana", PASSWORD, {"dev": "viewer"})
    client = Client()
    assert client.post("/sign-in", {"username": "hana", "password": PASSWORD}).status_code == 302
    return client


def test_what_is_over_is_deleted_and_nothing_else(hana: Client) -> None:
    SessionStore().create()
    Session.objects.exclude(session_key=PersonSession.objects.get().session_key).update(
        expire_date=timezone.now()
    )
    now = timezone.now()
    for at in (now, now - timedelta(days=2)):
        Reservation.objects.create(limit="proofs", who="hana", at=at)
    fresh, old = (CheckRun.objects.create(result="{}") for _ in range(2))
    CheckRun.objects.filter(pk=old.pk).update(at=now - timedelta(days=90))
    done = keep_house()
    assert [done[f"purge_{what}"] for what in ("sessions", "reservations", "runs")] == [1, 1, 1]
    assert CheckRun.objects.get() == fresh
    assert hana.get("/account").status_code == 200
    assert PersonSession.objects.count() == Session.objects.count() == 1
    Session.objects.update(expire_date=now)
    keep_house()
    assert not Session.objects.exists()
    assert not PersonSession.objects.exists()


def test_a_task_that_fails_does_not_keep_the_others_back(hana: Client) -> None:
    """A row that names no action can become no record."""
    yesterday = timezone.now() - timedelta(days=1)
    CountedRefusal.objects.create(kind="x", action="no.such", others=2, since=yesterday)
    Session.objects.update(expire_date=yesterday)
    done = keep_house()
    assert done == {
        "append_waiting": 0,
        "end_roles": 0,
        "purge_sessions": 1,
        "purge_requests": 0,
        "purge_reservations": 0,
        "purge_runs": 0,
        "purge_trials": 0,
        "purge_calls": 0,
    }
